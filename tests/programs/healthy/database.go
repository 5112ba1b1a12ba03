package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"time"
)

// The smallest driver: every query has one row, after a while.
type (
	connector struct{}
	conn      struct{}
	rows      struct{ left int }
	tx        struct{}
)

func (connector) Connect(context.Context) (driver.Conn, error) { return &conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

func (*conn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (*conn) Close() error                        { return nil }
func (*conn) Begin() (driver.Tx, error)           { return tx{}, nil }
func (tx) Commit() error                          { return nil }
func (tx) Rollback() error                        { return nil }

func (*conn) QueryContext(ctx context.Context, _ string, _ []driver.NamedValue) (driver.Rows, error) {
	select {
	case <-time.After(2 * time.Millisecond):
		return &rows{1}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (*rows) Columns() []string { return []string{"n"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0] = int64(42)
	return nil
}

// openDatabase returns a pool with fewer connections than there are clients, so that they wait for one.
func openDatabase() *sql.DB {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(2)
	db.SetConnMaxIdleTime(time.Minute)
	return db
}

func query(ctx context.Context, db *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	var n int
	if err := t.QueryRowContext(ctx, "select").Scan(&n); err != nil {
		return err
	}
	return t.Commit()
}

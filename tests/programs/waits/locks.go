package main

import "sync"

type account struct {
	name string
	sync.Mutex
	balance int
}

func (a *account) deposit(n int) {
	a.Lock()
	defer a.Unlock()
	a.balance += n
}

func readLocked(l *sync.RWMutex)  { l.RLock() }
func writeLocked(l *sync.RWMutex) { l.Lock() }
func group(w *sync.WaitGroup)     { w.Wait() }

func condition(c *sync.Cond) {
	c.L.Lock()
	c.Wait()
	c.L.Unlock()
}

func once(o *sync.Once) { o.Do(selectEmpty) }

func waitOnLocks() {
	a := &account{name: "held"}
	a.Lock()
	go a.deposit(1)
	go a.deposit(2)

	var written, read sync.RWMutex
	written.Lock()
	read.RLock()
	go readLocked(&written)
	go writeLocked(&written)
	go writeLocked(&read)

	var w sync.WaitGroup
	w.Add(1)
	go group(&w)

	c := sync.NewCond(new(sync.Mutex))
	go condition(c)
	go condition(c)

	var o sync.Once
	for i := 0; i < 2; i++ {
		go once(&o) // one statement for both, because their order is random
	}
}

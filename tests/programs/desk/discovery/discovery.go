// Package discovery belongs to the main module.
package discovery

// Manager waits.
type Manager struct{ Targets chan []string }

// Run never returns.
func (m *Manager) Run() {
	for range m.Targets {
	}
}

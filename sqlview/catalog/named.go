package catalog

import (
	"hash/maphash"
	"iter"
	"maps"
	"slices"
)

// shardCount keeps a shard of a 5,000-table catalog at about 40 entries, so a
// change copies little.
const shardCount = 128

var seed = maphash.MakeSeed()

// Named is a map from "schema.name" that can be shared between snapshots: a
// clone costs nothing, a change copies the one shard it touches. The zero value
// is empty and ready. It is not for concurrent writes; concurrent reads are fine.
type Named[V any] struct {
	shards *[shardCount]shard[V]
	own    *owner
	size   int
}

// owner marks what a Named may change in place.
type owner struct{ _ byte }

type shard[V any] struct {
	entries map[string]V
	own     *owner
}

func shardOf(name string) int { return int(maphash.String(seed, name) % shardCount) }

// Get finds an entry; the zero V where there is none.
func (m Named[V]) Get(name string) V {
	v, _ := m.Find(name)
	return v
}

// Find is Get that tells an absent entry from a zero one.
func (m Named[V]) Find(name string) (V, bool) {
	if m.shards == nil {
		var none V
		return none, false
	}
	v, ok := m.shards[shardOf(name)].entries[name]
	return v, ok
}

// Len counts the entries.
func (m Named[V]) Len() int { return m.size }

// Set adds or replaces an entry; clones made before do not see it.
func (m *Named[V]) Set(name string, v V) {
	entries := m.writable(name)
	if _, ok := entries[name]; !ok {
		m.size++
	}
	entries[name] = v
}

// Delete removes an entry; nothing happens where there is none.
func (m *Named[V]) Delete(name string) {
	if _, ok := m.Find(name); !ok {
		return
	}
	delete(m.writable(name), name)
	m.size--
}

// Any reports whether is holds for one of the names; it does not put them in order.
func (m Named[V]) Any(is func(name string) bool) bool {
	if m.shards == nil {
		return false
	}
	for i := range m.shards {
		for name := range m.shards[i].entries {
			if is(name) {
				return true
			}
		}
	}
	return false
}

// Unordered yields the entries in no order, for looks at all of many whose outcome does
// not depend on one. An entry may be set to another value meanwhile; none may be added.
func (m Named[V]) Unordered() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		if m.shards == nil {
			return
		}
		for i := range m.shards {
			for name, v := range m.shards[i].entries {
				if !yield(name, v) {
					return
				}
			}
		}
	}
}

// All yields the entries in the order of their names.
func (m Named[V]) All() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, name := range m.names() {
			if v, ok := m.Find(name); ok && !yield(name, v) {
				return
			}
		}
	}
}

func (m Named[V]) names() []string {
	all := make([]string, 0, m.size)
	if m.shards == nil {
		return all
	}
	for i := range m.shards {
		all = slices.AppendSeq(all, maps.Keys(m.shards[i].entries))
	}
	slices.Sort(all)
	return all
}

// share gives up the right to change in place, so that both sides copy first.
func (m *Named[V]) share() Named[V] {
	if m.own != nil {
		m.own = nil
	}
	return *m
}

func (m *Named[V]) writable(name string) map[string]V {
	if m.own == nil {
		m.own = new(owner)
		fresh := new([shardCount]shard[V])
		if m.shards != nil {
			*fresh = *m.shards
		}
		m.shards = fresh
	}
	s := &m.shards[shardOf(name)]
	if s.own != m.own {
		s.own = m.own
		if s.entries = maps.Clone(s.entries); s.entries == nil {
			s.entries = map[string]V{}
		}
	}
	return s.entries
}

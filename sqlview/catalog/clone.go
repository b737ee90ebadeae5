package catalog

// Clone is a snapshot that changes on its own. It costs a few words: both sides
// share what neither has changed. A nil snapshot clones to an empty one.
// Schemas, Publications and SearchPath are shared too: replace them whole.
func (s *Snapshot) Clone() *Snapshot {
	if s == nil {
		return &Snapshot{ServerMinor: -1}
	}
	c := *s
	c.Relations = s.Relations.share()
	c.Types = s.Types.share()
	c.Functions = s.Functions.share()
	return &c
}

package apply

// InvalidIndex is an index that a CONCURRENTLY left behind. The planner does not
// use it, every write still feeds it, and a unique one that is Ready already
// rejects duplicates.
type InvalidIndex struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Table  string `json:"table"` // "schema.name"
	Unique bool   `json:"unique"`
	Ready  bool   `json:"ready"`
	OID    uint32 `json:"oid"`
}

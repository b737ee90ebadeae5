package lint

import (
	"slices"

	"belay/sqlview/catalog"
)

// PublishedBy lists the publications that carry a table, one FOR ALL TABLES
// included. It is empty where the catalog knows of none.
func PublishedBy(c *catalog.Snapshot, table string) []string {
	var names []string
	for _, p := range c.Publications {
		if p.AllTables || slices.Contains(p.Tables, table) {
			names = append(names, p.Name)
		}
	}
	return names
}

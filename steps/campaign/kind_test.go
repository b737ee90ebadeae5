package campaign

import (
	"slices"
	"testing"

	"belay/steps/menu"
)

// The start menu offers the kinds that there are.
func TestTheMenuKnowsTheKinds(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	offered := slices.Clone(menu.Changes)
	slices.Sort(offered)
	if !slices.Equal(names, offered) {
		t.Errorf("the menu offers %v, there are %v", offered, names)
	}
}

package lint

import (
	"strings"
	"testing"

	"belay/sqlview/catalog"
)

func relation(rows, rate float64) *catalog.Relation {
	return &catalog.Relation{
		Name: "public.t", Size: &catalog.Size{Rows: rows, Bytes: 64 << 10},
		Traffic: &catalog.Traffic{ReadsPerSecond: rate},
	}
}

func sound(id string) Rule {
	return Rule{
		ID: id, Severity: Warn, Kind: "blocks", Summary: "s", Run: func(*Pass) {},
		Doc: "## Advice\na\n\n## In practice\nb\n\n## Measured\nc\n\n## Instead\nd\n",
	}
}

// TestValidate breaks a sound rule in each way that Validate must see.
func TestValidate(t *testing.T) {
	if err := Validate([]Rule{sound("a"), sound("b-c")}); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Rule){
		"kebab-case":               func(r *Rule) { r.ID = "Not_Kebab" },
		"severity":                 func(r *Rule) { r.Severity = 0 },
		"kind":                     func(r *Rule) { r.Kind = "bad" },
		"summary":                  func(r *Rule) { r.Summary = "two\nlines" },
		"no Run":                   func(r *Rule) { r.Run = nil },
		`no text under "Measured"`: func(r *Rule) { r.Doc = strings.Replace(r.Doc, "c\n", "\n", 1) },
		`no text under "Instead"`:  func(r *Rule) { r.Doc = strings.Replace(r.Doc, "## Instead", "## Otherwise", 1) },
		"which is no rule":         func(r *Rule) { r.Supersedes = []string{"nobody"} },
	} {
		r := sound("a")
		spoil(&r)
		if err := Validate([]Rule{r}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := Validate([]Rule{sound("a"), sound("a")}); err == nil {
		t.Error("two rules of one id")
	}
}

// TestSmallAndQuiet lowers growing work only where both facts are known.
func TestSmallAndQuiet(t *testing.T) {
	for _, c := range []struct {
		name string
		rows float64
		rate float64
		want Severity
	}{
		{"small and quiet", 10, 0, Notice}, {"small and hot", 10, 100, Stop}, {"large", 1e6, 0, Stop},
		{"never analyzed", -1, 0, Stop},
	} {
		r := relation(c.rows, c.rate)
		p := &Pass{
			small: Small{Rows: 1000, Bytes: 1 << 20, PerSecond: 1}, rule: &Rule{Severity: Stop, GrowsWithTable: true},
		}
		h := Hazard{Relation: "public.t"}
		p.weigh(&h, r)
		if h.Severity == 0 {
			h.Severity = Stop
		}
		if h.Severity != c.want {
			t.Errorf("%s: %s, want %s", c.name, h.Severity, c.want)
		}
	}
}

func TestMeasure(t *testing.T) {
	if got := Measure(relation(1234567, 0)); got != "about 1,234,567 rows, 64 kB" {
		t.Errorf("got %q", got)
	}
	if got := Measure(nil); got != "" {
		t.Errorf("nobody was asked, got %q", got)
	}
}

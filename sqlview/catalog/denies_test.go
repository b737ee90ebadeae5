package catalog

import "testing"

func TestDenies(t *testing.T) {
	want := []string{"at IS NOT NULL", "at >= '2027-01-01'", "at < '2028-01-01'"}
	for _, c := range []struct {
		expression string
		denies     bool
	}{
		{"NOT (at IS NOT NULL AND at >= '2027-01-01' AND at < '2028-01-01')", true},
		{"(NOT ((at IS NOT NULL) AND (at >= '2027-01-01'::date) AND (at < '2028-01-01'::date)))", true},
		{"not (at is not null and at >= '2027-01-01')", false},
		{"at IS NOT NULL AND at >= '2027-01-01' AND at < '2028-01-01'", false},
		{"", false},
	} {
		if got := Denies(c.expression, want...); got != c.denies {
			t.Errorf("%s: %v; %q", c.expression, got, plain(tokens(c.expression)))
		}
	}
	if Denies("NOT (a)") {
		t.Error("nothing is denied")
	}
}

package inspect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"

	"github.com/jackc/pgx/v5"
)

var volatilities = map[string]string{"i": "immutable", "s": "stable", "v": "volatile"}

func (b *builder) function(r pgx.Rows) error {
	var (
		schema, name, volatility string
		body                     *string
		arguments                string
		owner                    int64
		defaults                 catalog.ArgumentDefaults
		inputs                   []string
		f                        catalog.Function
	)
	err := r.Scan(&schema, &name, &volatility, &f.Language, &body, &arguments, &f.Inlinable, &owner,
		&defaults.Names, &defaults.Texts, &inputs)
	if err != nil {
		return err
	}
	f.Owner = b.roles[owner]
	f.Name, f.Volatility, f.Body = schema+"."+name, volatilities[volatility], text(body)
	f.Arguments = []string{arguments}
	if len(defaults.Texts) > 0 {
		f.Defaults = []catalog.ArgumentDefaults{defaults}
	}
	if len(inputs) > 0 {
		f.Inputs = [][]string{inputs}
	}
	f.Inlinable = f.Inlinable && singleExpression(f.Body)
	if old := b.snapshot.Functions.Get(f.Name); old != nil {
		f = worst(*old, f)
	}
	b.snapshot.Functions.Set(f.Name, &f)
	return nil
}

// The planner puts a SQL function's body in place of its call only where it is
// one SELECT of one expression. A word too many here costs a false alarm, one
// too few would hide a table rewrite: so it asks for less than the planner does.
var notOneExpression = pattern.New(
	`(?i)\b(from|where|group|having|window|order|limit|offset|fetch|union|intersect|except|with|into|returning|for)\b|--|/\*`,
)
var startsSelect = pattern.New(`(?is)^\s*select\b`)

func singleExpression(body string) bool {
	body = strings.TrimRight(strings.TrimSpace(body), "; \t\r\n")
	return startsSelect.MatchString(body) && !strings.Contains(body, ";") && !notOneExpression.MatchString(body)
}

var badness = map[string]int{"immutable": 0, "stable": 1, "volatile": 2}

// worst folds overloads: a name alone does not say which one is called.
func worst(a, b catalog.Function) catalog.Function {
	if badness[b.Volatility] > badness[a.Volatility] {
		a.Volatility, a.Language = b.Volatility, b.Language
	}
	if a.Owner != b.Owner {
		a.Owner = ""
	}
	a.Inlinable = a.Inlinable && b.Inlinable
	a.Arguments = append(slices.Clip(a.Arguments), b.Arguments...)
	a.Defaults = slices.Concat(a.Defaults, b.Defaults)
	a.Inputs = slices.Concat(a.Inputs, b.Inputs)
	if b.Body != "" {
		a.Body += "\n" + b.Body
	}
	return a
}

func (b *builder) cast(r pgx.Rows) error {
	var c catalog.Cast
	err := r.Scan(&c.From, &c.To, &c.Explicit, &c.Function)
	b.snapshot.Casts = append(b.snapshot.Casts, c)
	return err
}

func (b *builder) typ(r pgx.Rows) error {
	var (
		oid, owner         int64
		schema, name, kind string
		base               *string
		t                  catalog.Type
	)
	if err := r.Scan(&oid, &schema, &name, &kind, &base, &t.NotNull, &t.Default, &t.Enum, &owner); err != nil {
		return err
	}
	t.Owner = b.roles[owner]
	t.Name, t.Domain, t.Composite, t.Base = schema+"."+name, kind == "d", kind == "c", text(base)
	b.types[oid] = &t
	return nil
}

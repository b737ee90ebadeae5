package catalog

import (
	"reflect"
	"sync"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// maxNesting bounds how deep Walk goes.
const maxNesting = 10_000

// Walk calls visit for every message of a parse tree, parents first; false
// leaves out what is below. A nil tree has nothing to visit.
func Walk(n *pg.Node, visit func(message any) bool) {
	if n != nil {
		walk(reflect.ValueOf(n), visit, 0)
	}
}

// walk goes through the Go structs: protobuf's own reflection looks at every
// field that a message could have, and takes five times as long.
func walk(m reflect.Value, visit func(any) bool, depth int) {
	if depth > maxNesting || m.IsNil() || !visit(m.Interface()) {
		return
	}
	s := m.Elem()
	for _, i := range below(s.Type()) {
		switch f := s.Field(i); f.Kind() {
		case reflect.Slice:
			for j := range f.Len() {
				walk(f.Index(j), visit, depth+1)
			}
		case reflect.Interface:
			if f.IsNil() {
				continue
			}
			if only := f.Elem().Elem().Field(0); isMessage(only.Type()) {
				walk(only, visit, depth+1)
			}
		default:
			walk(f, visit, depth+1)
		}
	}
}

// leading has, for each type of message, the fields that may lead to another
// message: pointers, lists, and the interface of a oneof, whose value is a
// struct of one field.
var leading sync.Map

func below(t reflect.Type) []int {
	if known, ok := leading.Load(t); ok {
		return known.([]int)
	}
	var fields []int
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() && (f.Type.Kind() == reflect.Interface || isMessage(f.Type) ||
			f.Type.Kind() == reflect.Slice && isMessage(f.Type.Elem())) {
			fields = append(fields, i)
		}
	}
	leading.Store(t, fields)
	return fields
}

// messages remembers of each type whether it is one: to look at its methods is dear.
var messages sync.Map

func isMessage(t reflect.Type) bool {
	if known, ok := messages.Load(t); ok {
		return known.(bool)
	}
	is := t.Kind() == reflect.Pointer && t.Implements(reflect.TypeFor[proto.Message]())
	messages.Store(t, is)
	return is
}

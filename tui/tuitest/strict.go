package tuitest

import (
	"bytes"
	"encoding/json"
	"reflect"

	"belay/steps/journal"
)

// Body decodes an entry into the body of its kind.
func (e Entry) body() (journal.Body, error) {
	for _, b := range journal.Kinds() {
		if b.Kind() == e.Kind {
			v := reflect.New(reflect.TypeOf(b))
			err := json.Unmarshal(e.Body, v.Interface())
			return v.Elem().Interface().(journal.Body), err
		}
	}
	return nil, nil
}

// strict decodes a body and refuses unknown fields, so that a story cannot say
// what no engine would.
func strict(raw json.RawMessage, b journal.Body) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(reflect.New(reflect.TypeOf(b)).Interface())
}

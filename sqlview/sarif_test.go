package sqlview

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSARIFIsValid holds the log of the whole corpus, of waived hazards and of
// nothing at all against the schema of SARIF 2.1.0 (errata 01, "rtm.5").
func TestSARIFIsValid(t *testing.T) {
	schema := sarifSchemaOf(t)
	var corpus []Source
	for _, l := range readCorpus(t) {
		corpus = append(corpus, Source{Path: l.path, SQL: l.sql})
	}
	waived := Source{
		Path: "./my dir/ü%.sql",
		SQL:  []byte("DROP TABLE a; -- belay:allow drop-table until=2999-01-01 gone\nSELECT FROM WHERE;\x00"),
	}
	for name, sources := range map[string][]Source{"corpus": corpus, "waived": {waived}, "nothing": nil} {
		r, err := Review(context.Background(), sources, Options{Style: true, Separate: true})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteSARIF(&b, r); err != nil {
			t.Fatal(err)
		}
		log, err := jsonschema.UnmarshalJSON(&b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(log); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func sarifSchemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const path = "testdata/sarif-2.1.0-rtm.5.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(path, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

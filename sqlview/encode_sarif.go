package sqlview

import (
	"encoding/json"
	"io"
	"net/url"
	"slices"
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
)

// sarifSchema is the schema of SARIF 2.1.0 by its OASIS address.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

var sarifLevels = map[lint.Severity]string{lint.Stop: "error", lint.Warn: "warning", lint.Notice: "note"}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name  string      `json:"name"`
	Rules []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID            string      `json:"id"`
	Short         sarifText   `json:"shortDescription"`
	Help          sarifText   `json:"help"`
	Configuration sarifConfig `json:"defaultConfiguration"`
	Properties    sarifTags   `json:"properties"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifConfig struct {
	Level string `json:"level"`
}

type sarifTags struct {
	Tags []string `json:"tags"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    int                `json:"ruleIndex"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Locations    []sarifLocation    `json:"locations"`
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	} `json:"region"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// WriteSARIF writes the review as SARIF 2.1.0 with the rules that found
// something. A waived hazard is a suppressed result.
func WriteSARIF(w io.Writer, r Result) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "belay", Rules: []sarifRule{}}
	used := usedRules(r)
	for _, id := range used {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, ruleSARIF(id))
	}
	for _, p := range r.Folder {
		run.Results = append(run.Results, folderSARIF(p, slices.Index(used, p.Kind)))
	}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			run.Results = append(run.Results, resultSARIF(f, h, slices.Index(used, h.Rule)))
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// usedRules lists the ids of the rules that found something, sorted.
func usedRules(r Result) []string {
	var ids []string
	for _, p := range r.Folder {
		ids = append(ids, p.Kind)
	}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			ids = append(ids, h.Rule)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func ruleSARIF(id string) sarifRule {
	r, found := rules.Find(id)
	if !found { // of the folder
		text := "the migrations folder: " + id
		return sarifRule{
			ID: id, Short: sarifText{Text: text}, Help: sarifText{Text: text, Markdown: text},
			Configuration: sarifConfig{"error"}, Properties: sarifTags{[]string{"folder"}},
		}
	}
	return sarifRule{
		ID: id, Short: sarifText{Text: r.Summary}, Help: sarifText{Text: r.Doc, Markdown: r.Doc},
		Configuration: sarifConfig{sarifLevels[r.Severity]}, Properties: sarifTags{[]string{r.Kind}},
	}
}

func resultSARIF(f FileResult, h Finding, index int) sarifResult {
	out := sarifResult{
		RuleID: h.Rule, RuleIndex: index, Level: sarifLevels[h.Level()],
		Message: sarifText{Text: messageSARIF(h)}, Locations: make([]sarifLocation, 1),
	}
	place := &out.Locations[0].Physical
	place.Artifact.URI = (&url.URL{Path: strings.TrimPrefix(f.Path, "./")}).String()
	place.Region.StartLine, place.Region.StartColumn = h.Line, h.Column
	if h.Waived != nil {
		out.Suppressions = []sarifSuppression{{Kind: suppressedBy(h.Waived), Justification: waivedText(h.Waived)}}
	}
	return out
}

// folderSARIF stands at the beginning of the file that is concerned.
func folderSARIF(p FolderFinding, index int) sarifResult {
	out := sarifResult{
		RuleID: p.Kind, RuleIndex: index, Level: sarifLevels[p.Level()], Message: sarifText{Text: p.text()},
		Locations: []sarifLocation{},
	}
	if p.place() == "" {
		return out
	}
	out.Locations = make([]sarifLocation, 1)
	place := &out.Locations[0].Physical
	place.Artifact.URI = (&url.URL{Path: strings.TrimPrefix(p.place(), "./")}).String()
	place.Region.StartLine, place.Region.StartColumn = 1, 1
	return out
}

// suppressedBy tells a waiver in the file from one of belay.toml.
func suppressedBy(w *lint.Waiver) string {
	if w.Path != "" {
		return "external"
	}
	return "inSource"
}

func messageSARIF(h Finding) string {
	text := h.Message + " " + h.Why
	if h.Instead != nil {
		text += "\nInstead:\n" + *h.Instead
	}
	return strings.TrimSpace(text)
}

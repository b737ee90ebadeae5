package screen

import (
	"strings"
	"unicode"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"belay/tui/look"
)

// Field is what a person types into: a line for a name, an area for a reason in words.
// It takes keys only, and a paste where its owner hands it one.
type Field struct {
	line textinput.Model
	area textarea.Model
	// words is true for the area.
	words bool
}

// NewLine is an empty field of one line.
func NewLine(k *look.Look) *Field {
	f := &Field{line: textinput.New()}
	f.line.Prompt = ""
	plain := textinput.StyleState{Text: k.Style(look.Strong)}
	f.line.SetStyles(textinput.Styles{Focused: plain, Blurred: plain})
	f.line.KeyMap.Paste = key.NewBinding() // Ctrl+V stays unbound
	f.line.Focus()
	return f
}

// NewArea is an empty field of several lines.
func NewArea(k *look.Look) *Field {
	f := &Field{area: textarea.New(), words: true}
	f.area.Prompt, f.area.ShowLineNumbers, f.area.EndOfBufferCharacter = "", false, ' '
	plain := textarea.StyleState{Base: lipgloss.NewStyle(), Text: k.Style(look.Strong)}
	f.area.SetStyles(textarea.Styles{Focused: plain, Blurred: plain})
	f.area.KeyMap.Paste = key.NewBinding()
	f.area.KeyMap.InsertNewline = key.NewBinding(key.WithKeys("alt+enter"))
	f.area.Focus()
	return f
}

// Suggest completes what is typed into a line by names: tab takes the one that is shown.
func (f *Field) Suggest(names []string) {
	f.line.ShowSuggestions = true
	f.line.SetSuggestions(names)
}

// Value is what was typed.
func (f *Field) Value() string {
	if f.words {
		return f.area.Value()
	}
	return f.line.Value()
}

// SetValue puts a text in the place of what was typed.
func (f *Field) SetValue(s string) {
	if f.words {
		f.area.SetValue(s)
		return
	}
	f.line.SetValue(s)
}

// Key is a key while the field has the focus. What is no printable character and no
// key of editing is not heard.
func (f *Field) Key(k tea.KeyPressMsg) {
	if strings.ContainsFunc(k.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return
	}
	if f.words {
		f.area, _ = f.area.Update(k)
		return
	}
	f.line, _ = f.line.Update(k)
}

// Paste takes a text at the cursor.
func (f *Field) Paste(text string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return -1
	}, text)
	if f.words {
		f.area.InsertString(text)
		return
	}
	f.line, _ = f.line.Update(tea.PasteMsg{Content: text})
}

// View is the field on one line.
func (f *Field) View() string { return f.line.View() }

// Lines is the field in w columns.
func (f *Field) Lines(w int) []string {
	if !f.words {
		line := f.line
		if look.Width(line.Value()) >= w-1 {
			line.SetWidth(max(w-1, 4)) // a longer text scrolls
		}
		return []string{line.View()}
	}
	area := f.area
	area.SetWidth(max(w, 8))
	area.SetHeight(min(max(area.LineCount(), 1+len(area.Value())/max(w, 8)), 5))
	return strings.Split(area.View(), "\n")
}

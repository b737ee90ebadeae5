package journal

// Shown is an event with its texts as they may be kept: message is for what may
// quote a server or a file, question for what belay asks.
func Shown(b Body, message, question func(string) string) Body {
	switch b := b.(type) {
	case RunFinished:
		b.Summary, b.Hint = message(b.Summary), message(b.Hint)
		return b
	case StepFinished:
		b.Summary, b.Hint = message(b.Summary), message(b.Hint)
		return b
	case StepProgress:
		b.Text = message(b.Text)
		return b
	case QuestionAsked:
		b.Text, b.Why = question(b.Text), question(b.Why)
		return b
	case QuestionWithdrawn:
		b.Why = message(b.Why)
		return b
	case SampleFailed:
		b.Error = message(b.Error)
		return b
	case SessionSeen:
		b.Error = message(b.Error)
		return b
	case SessionEnded:
		b.Why, b.Hint = message(b.Why), message(b.Hint)
		return b
	case UnitEnded:
		b.Error, b.Hint = message(b.Error), message(b.Hint)
		b.Left = each(b.Left, message)
		return b
	case UnitProgress:
		b.Phase = message(b.Phase)
		return b
	case UnitProbed:
		b.Evidence = message(b.Evidence)
		return b
	case WorkBegun:
		b.What = message(b.What)
		return b
	case Noted:
		b.Text = message(b.Text)
		return b
	}
	return b
}

func each(texts []string, f func(string) string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = f(s)
	}
	if texts == nil {
		return nil
	}
	return out
}

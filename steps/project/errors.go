package project

// UsageError is wrong input that was found before anything started: exit code 2.
type UsageError struct {
	Problem string
	// Advice says what to do now.
	Advice string
}

func (e *UsageError) Error() string { return e.Problem }

// Hint says what to do now.
func (e *UsageError) Hint() string { return e.Advice }

// Refusal is something right in form that cannot be done here: exit code 1.
type Refusal struct {
	Problem string
	Advice  string
}

func (e *Refusal) Error() string { return e.Problem }

// Hint says what to do now.
func (e *Refusal) Hint() string { return e.Advice }

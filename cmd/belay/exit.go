package main

import (
	"errors"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/project"
)

// exited is an error that was already told; only its code counts.
type exited struct{ code int }

func (e *exited) Error() string { return "" }

// exitCode is the code of the command line for an error.
func exitCode(err error) int {
	var ended *exited
	if errors.As(err, &ended) {
		return ended.code
	}
	var exit *steps.Exit
	if errors.As(err, &exit) {
		return exit.Code
	}
	if isUsage(err) {
		return steps.ExitUsage
	}
	var strange *project.ConsentError
	if errors.As(err, &strange) {
		return steps.ExitPerson
	}
	return steps.ExitFailed
}

// isUsage reports wrong input that was found before anything started.
func isUsage(err error) bool {
	var usage *project.UsageError
	var wrong *usageError
	var none *migration.NoFolderError
	var foreign *migration.ForeignError
	var several *migration.AmbiguousError
	var unknown *migration.UnknownToolError
	return errors.As(err, &usage) || errors.As(err, &wrong) || errors.As(err, &none) ||
		errors.As(err, &foreign) || errors.As(err, &several) || errors.As(err, &unknown)
}

// usageError is a wrong flag or argument.
type usageError struct{ problem, advice string }

func (e *usageError) Error() string { return e.problem }

// Hint says what to do now.
func (e *usageError) Hint() string { return e.advice }

// Package addition has the test of what an addition costs: each archive in testdata is a
// sample rule, rewrite, signal, step, question, screen or kind of event, with every file
// that it takes. A format's stands in sqlview/migration.
package addition

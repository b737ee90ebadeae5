// Package house holds only tests: they read the files of this module and hold
// them to the rules of the house. Each check lies in a file of its own, with
// what it is for; testdata has, for each, a small tree that breaks it and the
// findings expected there, so that a check that cannot fail does not pass.
//
// A finding that is right as it is gets a line in testdata/allowed.txt: the
// check, the file (and function), and the reason. A line that allows nothing
// any more is a finding itself.
//
// The files are parsed in this process. A test that asked the go command would
// be answered from the test cache, which does not see the files that it read.
package house

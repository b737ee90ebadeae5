# Reads `go test -v` of many packages. Prints each package's closing line, what
# failed tests said, and every skipped test with its reason. Ends
# with status 1 where a test was skipped that no pattern of the file `skips`
# allows, or where no test ran.
BEGIN {
  while ((getline line < skips) > 0)
    if (line !~ /^#/ && line != "") allowed[line]
}

/^=== (RUN|NAME|CONT|PAUSE) / { test = $3; next }
/^ *--- PASS: / { passed++; delete said[$3]; test = ""; next }
/^ *--- SKIP: / { skip($3, reason[$3]); delete said[$3]; test = ""; next }
/^ *--- FAIL: / { keep($3, $0); test = ""; next }
/^(ok|FAIL|\?) *\t/ { close_package($1 == "FAIL"); print; fflush(); next }
{
  keep(test, $0)
  if ($0 ~ /^ +[^ ]+\.go:[0-9]+: /) {
    line = $0
    sub(/^ +[^ ]+\.go:[0-9]+: /, "", line)
    reason[test] = line
  }
}

# keep holds a line back until it is known how its test ended; what is said
# outside of tests belongs to the test "".
function keep(name, line) {
  if (!(name in said)) order[++names] = name
  said[name] = said[name] line "\n"
}

# close_package ends one package's part of the log.
function close_package(failed,    i) {
  for (i = 1; failed && i <= names; i++) {
    printf "%s", said[order[i]]
    delete said[order[i]]
  }
  split("", said)
  split("", order)
  split("", reason)
  names = 0
}

function skip(name, why,    pattern, full) {
  full = name ": " why
  for (pattern in allowed)
    if (full ~ pattern) {
      print "skipped, as allowed: " full
      return
    }
  print "SKIPPED: " full
  refused++
}

END {
  close_package(1)
  if (refused) {
    printf ".ci/run: %d skipped tests that .ci/skips does not name\n", refused
    exit 1
  }
  if (!passed) {
    print ".ci/run: no test ran"
    exit 1
  }
}

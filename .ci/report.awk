# Reads `go test -v` of many packages. Prints each package's closing line, the
# whole of a package that failed, and every skipped test with its reason. Ends
# with status 1 where a test was skipped that no pattern of the file `skips`
# allows, or where no test ran.
BEGIN {
  while ((getline line < skips) > 0)
    if (line !~ /^#/ && line != "") allowed[line]
}

/^=== (RUN|NAME|CONT|PAUSE) / { test = $3; next }
/^ *--- PASS: / { passed++; next }
/^ *--- SKIP: / { skip($3, reason[$3]); next }
/^(ok|FAIL|\?) *\t/ { close_package($1 == "FAIL"); print; fflush(); next }
{
  text = text $0 "\n"
  if ($0 ~ /^ +[^ ]+\.go:[0-9]+: /) {
    said = $0
    sub(/^ +[^ ]+\.go:[0-9]+: /, "", said)
    reason[test] = said
  }
}

# close_package ends one package's part of the log.
function close_package(failed) {
  if (failed) printf "%s", text
  text = ""
  delete reason
}

function skip(name, why,    pattern, said) {
  said = name ": " why
  for (pattern in allowed)
    if (said ~ pattern) {
      print "skipped, as allowed: " said
      return
    }
  print "SKIPPED: " said
  refused++
}

END {
  printf "%s", text
  if (refused) {
    printf ".ci/run: %d skipped tests that .ci/skips does not name\n", refused
    exit 1
  }
  if (!passed) {
    print ".ci/run: no test ran"
    exit 1
  }
}

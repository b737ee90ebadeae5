package tuitest

import "time"

// Patience is how long Until waits before it says that something never came.
const Patience = 10 * time.Second

// Until asks until the answer is yes; false = it never was. It is no pause: it
// ends as soon as the answer is there.
func Until(ok func() bool) bool {
	deadline := time.Now().Add(Patience)
	for !ok() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
	return true
}

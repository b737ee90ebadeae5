package activity

// Link fills Blocks, the other direction of BlockedBy. A session waits for one lock at
// a time, so nobody comes twice.
func Link(locks []Lock) {
	waiters := map[int][]int{}
	for _, l := range locks {
		for _, p := range l.BlockedBy {
			waiters[p] = append(waiters[p], l.PID)
		}
	}
	for i := range locks {
		locks[i].Blocks = waiters[locks[i].PID]
		if locks[i].Blocks == nil {
			locks[i].Blocks = []int{} // a list in JSON too
		}
	}
}

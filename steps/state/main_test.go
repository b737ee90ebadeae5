package state

import (
	"testing"

	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

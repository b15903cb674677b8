package roster

import (
	_ "embed"
	"sync"
)

//go:embed demo.json
var demoJSON []byte

var demo = sync.OnceValue(func() *Roster {
	r, err := Load(demoJSON)
	if err != nil {
		panic("roster: embedded demo: " + err.Error())
	}
	return r
})

// Demo returns the roster of the demonstration: three cases that published
// reports describe, in Chancheng 禅城区 (a metro station's surroundings, sewer
// works, an industrial park). What the reports state has its source, what they
// do not is marked as assumed, and every person is invented and marked so.
func Demo() *Roster { return demo() }

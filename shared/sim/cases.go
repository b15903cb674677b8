package sim

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// cases.json tells three cases from published reports (2021 and 2022). What a
// report states stands under source; everything else is marked assumed there.
//
//go:embed cases.json
var casesText []byte

// Cases are the three reported cases. The slice is the caller's own.
func Cases() []Case {
	var cases []Case
	if err := json.Unmarshal(casesText, &cases); err != nil {
		panic(fmt.Sprintf("sim: cases.json: %v", err))
	}
	return cases
}

package sheet

import (
	"fmt"
	"strings"
)

// Words are a sentence in the two languages of the screens.
type Words struct{ ZH, EN string }

// Fault is one thing wrong with a file. Sheet is "" in a CSV, and where the file as
// a whole is at fault; so are Row 0 and Column "".
type Fault struct {
	Sheet  string
	Row    int    // as a spreadsheet counts
	Column string // its heading, or its letter where it has none
	Words  Words
}

// Error is the English sentence with its place.
func (f *Fault) Error() string {
	var place []string
	if f.Sheet != "" {
		place = append(place, "sheet "+f.Sheet)
	}
	if f.Row > 0 {
		place = append(place, fmt.Sprint("row ", f.Row))
	}
	if f.Column != "" {
		place = append(place, "column "+f.Column)
	}
	if len(place) == 0 {
		return f.Words.EN
	}
	return strings.Join(place, ", ") + ": " + f.Words.EN
}

// say words a sentence; both formats take the same arguments.
func say(zh, en string, args ...any) Words {
	if len(args) == 0 {
		return Words{zh, en}
	}
	return Words{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func whole(zh, en string, args ...any) *Fault { return &Fault{Words: say(zh, en, args...)} }

package catalog_test

import (
	"fmt"

	"lianban/shared/calendar"
	"lianban/shared/catalog"
)

// The chain of an industrial park, with the drawings reviewed on commitment.
func ExampleCatalog_Graph() {
	needs, removed, err := catalog.Construction().Graph([]catalog.ItemNo{1, 8, 24, 25, 28, 29, 32}, []catalog.ItemNo{28})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, need := range needs {
		fmt.Println(need.Item, "waits for", need.Requires)
	}
	for _, edge := range removed {
		fmt.Println(edge.Item, "no longer waits for", edge.Requires)
	}
	// Output:
	// 1 waits for []
	// 8 waits for [1]
	// 24 waits for [8]
	// 25 waits for [8 24]
	// 28 waits for []
	// 29 waits for [25]
	// 32 waits for [8 25 28 29]
	// 28 no longer waits for 25
}

// A limit is shown with what it is worth.
func ExampleItem_ClockLimit() {
	for _, no := range []catalog.ItemNo{32, 24, 41} {
		item, _ := catalog.Construction().Item(no)
		limit, mark := item.ClockLimit()
		fmt.Println(item.NameZH, limit.Days, limit.Unit, mark.Name().ZH)
	}
	// Output:
	// 建筑工程施工许可证 7 calendar 法定（专门规定）
	// 建设工程设计方案审查 15 working 承诺时限示例
	// 竣工联合验收 20 working 拟定
}

func ExampleCatalog_Competent() {
	id, err := catalog.Construction().Competent(32, "440604", calendar.MustParse("2022-07-15"))
	fmt.Println(id, err)
	_, err = catalog.Construction().Competent(32, "440605", calendar.MustParse("2022-07-15"))
	fmt.Println(err)
	// Output:
	// cc-housing <nil>
	// nobody is competent for item 32 in district 440605 on 2022-07-15: enter a competence for the item or for one of the kinds housing
}

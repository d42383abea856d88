package payprovider

import "causeway/platform/lang"

// words are the texts of the page.
type words struct {
	Title, Sandbox, Payee, For, Reference, Amount     string
	Pay, Decline, DeclineHint, Leave                  string
	Done, Refused, Left, Back, Missing, MissingAdvice string
	Languages, Choose                                 string
}

func wordsIn(t lang.Tag) words {
	switch t {
	case lang.Hant:
		return words{
			Title: "付款", Sandbox: "這是測試用的付款服務，不會動用任何真實款項。", Payee: "收款機構", For: "付款項目", Reference: "參考編號",
			Amount: "金額", Pay: "繳付", Decline: "模擬銀行拒絕付款", DeclineHint: "測試付款被拒絕後的情況。", Leave: "不付款，返回",
			Done: "付款已完成。", Refused: "付款被拒絕，沒有收取任何款項。", Left: "你沒有付款，沒有收取任何款項。", Back: "返回通途",
			Missing: "找不到這項付款", MissingAdvice: "請返回你原來的網頁，再按一次付款按鈕。", Languages: "語言", Choose: "你要怎樣做？",
		}
	case lang.Hans:
		return words{
			Title: "付款", Sandbox: "这是测试用的支付服务，不会动用任何真实款项。", Payee: "收款单位", For: "付款事项", Reference: "参考编号",
			Amount: "金额", Pay: "支付", Decline: "模拟银行拒绝付款", DeclineHint: "测试付款被拒绝后的情况。", Leave: "不付款，返回",
			Done: "付款已完成。", Refused: "付款被拒绝，没有收取任何款项。", Left: "您没有付款，没有收取任何款项。", Back: "返回通途",
			Missing: "找不到这笔付款", MissingAdvice: "请返回原来的网页，再按一次付款按钮。", Languages: "语言", Choose: "您要怎么做？",
		}
	case lang.English:
	}
	return words{
		Title: "Payment", Sandbox: "This is a test payment service. No real money moves.", Payee: "Pay to", For: "For", Reference: "Reference",
		Amount: "Amount", Pay: "Pay", Decline: "Let the bank decline", DeclineHint: "Tries what happens when a payment is declined.", Leave: "Leave without paying",
		Done: "The payment is made.", Refused: "The payment was declined. Nothing was taken.", Left: "You did not pay. Nothing was taken.", Back: "Go back to Causeway",
		Missing: "There is no such payment", MissingAdvice: "Go back to the page you came from and press the payment button again.", Languages: "Languages", Choose: "What do you want to do?",
	}
}

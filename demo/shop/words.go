package shop

import "causeway/platform/lang"

// What Causeway calls its assurance levels.
const (
	acrLow         = "urn:causeway:assurance:low"
	acrSubstantial = "urn:causeway:assurance:substantial"
	acrHigh        = "urn:causeway:assurance:high"
)

// words are the texts of the page.
type words struct {
	Languages, Fiction, Title, Lead, Hire, Browse, Demo string
	Welcome, Number, Assurance, Licence, Fresh, Ended   string
	Nothing, Again, Show, Connected, Leave, LeaveAll    string
	Refused, Failed                                     string
	Facts, Levels                                       map[string]string // by what Causeway calls them
}

func wordsIn(t lang.Tag) words {
	switch t {
	case lang.Hant:
		return words{
			Languages: "語言", Fiction: "這是虛構的租車公司，用作示範：它是獨立的網站，對你的認識只來自你同意通途告知的資料。",
			Title: "租車半天或一星期", Lead: "租車前，我們須確認你持有有效駕駛執照。你無須上載文件：以通途登入，由運輸署直接告知我們。",
			Hire: "以通途登入並出示駕駛執照", Browse: "只以通途登入", Demo: "返回示範城市",
			Welcome: "你已登入", Number: "我們以此編號識別你", Assurance: "通途對你身分的確定程度", Licence: "你的駕駛執照",
			Fresh: "資料剛由運輸署提供。我們沒有你的身分證號碼。", Ended: "你已終止同意，我們不能再讀取你的執照。",
			Nothing: "登記冊沒有提供資料：", Again: "再次讀取執照", Show: "出示駕駛執照", Connected: "在通途查看或終止連結",
			Leave: "登出本網站", LeaveAll: "同時登出通途", Refused: "你拒絕了請求，我們沒有取得任何資料。", Failed: "登入不成功。原因：",
			Facts:  map[string]string{"licence_number": "執照號碼", "classes": "車輛類別", "expires_on": "到期日"},
			Levels: map[string]string{acrLow: "低", acrSubstantial: "高：已在櫃位核對證件", acrHigh: "最高"},
		}
	case lang.Hans:
		return words{
			Languages: "语言", Fiction: "这是虚构的租车公司，用作演示：它是独立的网站，对您的了解只来自您同意通途告知的数据。",
			Title: "租车半天或一星期", Lead: "租车前，我们需要确认您持有有效驾驶执照。您无需上传文件：用通途登录，由运输署直接告知我们。",
			Hire: "用通途登录并出示驾驶执照", Browse: "仅用通途登录", Demo: "返回演示城市",
			Welcome: "您已登录", Number: "我们用此编号识别您", Assurance: "通途对您身份的确定程度", Licence: "您的驾驶执照",
			Fresh: "数据刚由运输署提供。我们没有您的身份证号码。", Ended: "您已终止同意，我们不能再读取您的执照。",
			Nothing: "登记册没有提供数据：", Again: "再次读取执照", Show: "出示驾驶执照", Connected: "在通途查看或断开连接",
			Leave: "退出本网站", LeaveAll: "同时退出通途", Refused: "您拒绝了请求，我们没有取得任何数据。", Failed: "登录不成功。原因：",
			Facts:  map[string]string{"licence_number": "执照号码", "classes": "车辆类别", "expires_on": "到期日"},
			Levels: map[string]string{acrLow: "低", acrSubstantial: "高：已在柜台核对证件", acrHigh: "最高"},
		}
	case lang.English:
	}
	return words{
		Languages: "Languages", Fiction: "This is a fictional car hire firm, for the demonstration: a site of its own, which knows of you what you let Causeway tell it.",
		Title: "Hire a car for half a day or a week", Lead: "Before we hand you a key we have to know that you hold a valid driving licence. Upload nothing: sign in with Causeway, and the Transport Department tells us itself.",
		Hire: "Sign in with Causeway and show my licence", Browse: "Sign in with Causeway only", Demo: "Back to the demonstration city",
		Welcome: "You are signed in", Number: "We know you by this number", Assurance: "How surely Causeway knows you", Licence: "Your driving licence",
		Fresh: "The Transport Department told us just now. We do not have your identity card number.", Ended: "You took your consent back, so we cannot read your licence any more.",
		Nothing: "The register told us nothing:", Again: "Read my licence again", Show: "Show my licence", Connected: "See or end this connection at Causeway",
		Leave: "Sign out here", LeaveAll: "Sign out of Causeway too", Refused: "You refused, and we were told nothing.", Failed: "Signing in did not work:",
		Facts:  map[string]string{"licence_number": "Licence number", "classes": "Classes of vehicle", "expires_on": "Last day"},
		Levels: map[string]string{acrLow: "Low", acrSubstantial: "Substantial: a document was checked at a counter", acrHigh: "High"},
	}
}

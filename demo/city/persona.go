package city

import (
	"embed"
	"fmt"

	"causeway/platform/day"
	"causeway/platform/lang"
	"causeway/platform/money"
)

// A Persona is a resident with a story that the demo tells.
type Persona struct {
	ID       string // names the situation, as in addresses
	Label    lang.Text
	Story    lang.Text
	Report   bool // has a medical report to upload: MedicalReport
	Resident Resident
}

//go:embed files/medical-report.pdf
var files embed.FS

// MedicalReport returns the PDF that the persona "seventy-one-report" uploads.
func MedicalReport() []byte {
	b, err := files.ReadFile("files/medical-report.pdf")
	if err != nil {
		panic(err) // embedded
	}
	return b
}

// personas makes everybody with a story, for today.
func personas(today day.Date) []Persona {
	var all []Persona
	add := func(id, name, zh string, l lang.Tag, years, days int, label, story lang.Text, shape func(*Resident)) {
		i := len(all)
		r := Resident{
			Number: number(i), Name: name, NameZh: zh, Lang: l, Registered: true,
			Email: id + "@mail.example", BornOn: today.AddYears(-years).AddDays(-days),
			Home:     &Address{Street: "Flat 12C, 88 Kapok Street", District: "Lantern Bay", MovedInOn: today.AddYears(-6)},
			Licences: []Licence{{Number: fmt.Sprintf("DL%07d", 9_000_000+i), Classes: "1, 2", ExpiresOn: today.AddMonths(1)}},
			Tenements: []Tenement{{
				RateableValue: money.Amount{Minor: 12_000_000, Currency: "HKD"}, QuarterStartsOn: QuarterStart(today),
				Address: "Flat 12C, 88 Kapok Street, Lantern Bay",
			}},
		}
		if shape != nil {
			shape(&r)
		}
		all = append(all, Persona{ID: id, Label: label, Story: story, Resident: r})
	}
	car := func(plate string, mm int, fuel string) Vehicle {
		return Vehicle{Plate: plate, LengthMM: mm, Fuel: fuel, LicenceEndsOn: today.AddMonths(7)}
	}
	add("renewal", "Chan Mei Ling", "陳美玲", lang.English, 42, 100,
		lang.Text{En: "An ordinary renewal", Hant: "一般續領", Hans: "普通续领"},
		lang.Text{En: "42 years old. Her driving licence ended last week; the new one holds at once.", Hant: "42歲，駕駛執照上星期到期，新執照即時生效。", Hans: "42岁，驾驶执照上星期到期，新执照立即生效。"},
		func(r *Resident) {
			r.Vehicles = []Vehicle{car("LB 2042", 4350, "petrol")}
			r.Licences[0].ExpiresOn = today.AddDays(-7)
		})
	add("sixty-six", "Wong Chi Kin", "黃志健", lang.Hant, 66, 200,
		lang.Text{En: "66 years old", Hant: "66歲", Hans: "66岁"},
		lang.Text{En: "The new licence ends before the 70th birthday, and the fee is worked out by the day.", Hant: "新執照在70歲生日前到期，費用按日計算。", Hans: "新执照在70岁生日前到期，费用按日计算。"}, nil)
	add("seventy-one", "Lee Yuk Ling", "李玉玲", lang.Hant, 71, 30,
		lang.Text{En: "71 years old, no medical report", Hant: "71歲，沒有驗身報告", Hans: "71岁，没有体检报告"},
		lang.Text{En: "From 70 a medical examination report is needed. She has none yet.", Hant: "年滿70歲須提交身體檢驗報告，她還沒有。", Hans: "年满70岁须提交体检报告，她还没有。"}, nil)
	add("seventy-one-report", "Lau Man Fai", "劉文輝", lang.English, 71, 60,
		lang.Text{En: "71 years old, with a medical report", Hant: "71歲，有驗身報告", Hans: "71岁，有体检报告"},
		lang.Text{En: "Uploads the report; an officer looks at it.", Hant: "上載報告，由人員審閱。", Hans: "上传报告，由工作人员审阅。"}, nil)
	all[len(all)-1].Report = true
	add("disqualified", "Cheung Ho Lok", "張浩樂", lang.Hant, 35, 10,
		lang.Text{En: "Disqualified by a court", Hant: "被法庭取消駕駛資格", Hans: "被法庭取消驾驶资格"},
		lang.Text{En: "Cannot renew, and is told why and what to do.", Hant: "不能續領，並獲告知原因和下一步。", Hans: "不能续领，并获告知原因和下一步。"},
		func(r *Resident) { r.Licences[0].Disqualified = true })
	add("too-early", "Ng Tsz Yan", "吳子欣", lang.Hans, 29, 300,
		lang.Text{En: "Too early", Hant: "為時尚早", Hans: "为时尚早"},
		lang.Text{En: "The licence ends in two years: renewal opens four months before.", Hant: "執照兩年後到期，屆滿前四個月才可續領。", Hans: "执照两年后到期，届满前四个月才可续领。"},
		func(r *Resident) { r.Licences[0].ExpiresOn = today.AddYears(2) })
	add("too-late", "Ho Wai Shing", "何偉誠", lang.Hant, 50, 20,
		lang.Text{En: "Too late", Hant: "逾期過久", Hans: "逾期过久"},
		lang.Text{En: "The licence ended four years ago: three years is the most.", Hant: "執照四年前已到期，最多只可逾期三年。", Hans: "执照四年前已到期，最多只可逾期三年。"},
		func(r *Resident) { r.Licences[0].ExpiresOn = today.AddYears(-4) })
	add("no-record", "Maria Santos", "", lang.English, 38, 75,
		lang.Text{En: "No record in a registry", Hant: "登記處沒有紀錄", Hans: "登记处没有记录"},
		lang.Text{En: "The licence register does not know her, and the address register has nothing: she is told so, and asked.", Hant: "執照登記冊沒有她的紀錄，地址登記冊亦然，系統會說明並請她填寫。", Hans: "执照登记册没有她的记录，地址登记册也没有，系统会说明并请她填写。"},
		func(r *Resident) { r.Licences, r.Home, r.Tenements = nil, nil, nil })
	add("two-records", "Lam Kin On", "林健安", lang.Hant, 44, 44,
		lang.Text{En: "Two records in a registry", Hant: "登記處有兩項紀錄", Hans: "登记处有两项记录"},
		lang.Text{En: "The licence register holds two records about him that were never joined.", Hant: "執照登記冊有兩項關於他而未合併的紀錄。", Hans: "执照登记册有两项关于他而未合并的记录。"},
		func(r *Resident) {
			r.Licences = append(r.Licences, Licence{Number: "DL8999999", Classes: "1", ExpiresOn: today.AddMonths(-5)})
		})
	add("newcomer", "Tam Hoi Ying", "譚海盈", lang.Hant, 30, 150,
		lang.Text{En: "A newcomer", Hant: "新用戶", Hans: "新用户"},
		lang.Text{En: "Not registered yet: shows a document at a counter, gets a letter with a code, creates a passkey.", Hant: "尚未登記：在櫃位出示證件，取得印有啟動碼的信，然後建立通行密鑰。", Hans: "尚未登记：在柜台出示证件，取得印有激活码的信，然后创建通行密钥。"},
		func(r *Resident) { r.Registered, r.Licences[0].ExpiresOn = false, today.AddDays(-7) }) // so that the new one holds at once
	add("two-cars", "Kwok Pui Yee", "郭佩怡", lang.English, 47, 12,
		lang.Text{En: "Several vehicles", Hant: "多輛車", Hans: "多辆车"},
		lang.Text{En: "Applies for a parking permit and chooses which of three vehicles it is for.", Hant: "申請泊車許可證，並選擇用於三輛車中的哪一輛。", Hans: "申请泊车许可证，并选择用于三辆车中的哪一辆。"},
		func(r *Resident) {
			r.Vehicles = []Vehicle{car("KP 1188", 3980, "petrol"), car("KP 2299", 4870, "diesel"), car("TR 30", 5100, "none")}
		})
	add("electric", "Fung Cheuk Hin", "馮卓軒", lang.Hans, 33, 222,
		lang.Text{En: "An electric vehicle", Hant: "電動車", Hans: "电动车"},
		lang.Text{En: "The parking permit is free for an electric vehicle.", Hant: "電動車的泊車許可證免費。", Hans: "电动车的泊车许可证免费。"},
		func(r *Resident) { r.Vehicles = []Vehicle{car("EV 777", 4690, "electric")} })
	return all
}

package city

import (
	"causeway/modules/identity"
	"causeway/platform/lang"
)

// A Department is one of the city's.
type Department struct {
	ID    string
	Name  lang.Text
	Email string
}

// Departments returns the city's departments.
func Departments() []Department {
	return []Department{
		{"digital-policy-office", lang.Text{En: "Digital Policy Office", Hant: "數字政策辦公室", Hans: "数字政策办公室"}, "help@digital.gov.example"},
		{"immigration-department", lang.Text{En: "Immigration Department", Hant: "入境事務處", Hans: "入境事务处"}, "data@immigration.gov.example"},
		{"transport-department", lang.Text{En: "Transport Department", Hant: "運輸署", Hans: "运输署"}, "licensing@transport.gov.example"},
		{"housing-department", lang.Text{En: "Housing Department", Hant: "房屋署", Hans: "房屋署"}, "addresses@housing.gov.example"},
		{"rating-and-valuation-department", lang.Text{En: "Rating and Valuation Department", Hant: "差餉物業估價署", Hans: "差饷物业估价署"}, "rates@valuation.gov.example"},
		{"district-transport", lang.Text{En: "District Transport Office", Hant: "地區交通辦事處", Hans: "地区交通办事处"}, "permits@district.gov.example"},
	}
}

// An Officer is somebody who works in a department.
type Officer struct {
	ID         string // names the post, as in addresses
	Number     identity.HKID
	Name       string
	NameZh     string
	Email      string
	Lang       lang.Tag
	Department string
	Roles      []string
	Label      lang.Text
}

// firstOfficer is the number at which officers' identity numbers begin, beyond
// those of residents.
const firstOfficer = 20_000

func officers() []Officer {
	var all []Officer
	add := func(id, name, zh, department string, label lang.Text, roles ...string) {
		all = append(all, Officer{
			ID: id, Number: number(firstOfficer + len(all)), Name: name, NameZh: zh, Email: id + "@staff.gov.example",
			Lang: lang.English, Department: department, Roles: roles, Label: label,
		})
	}
	steward := lang.Text{En: "Data steward", Hant: "資料管理主任", Hans: "数据管理员"}
	admin := lang.Text{En: "Department administrator", Hant: "部門管理員", Hans: "部门管理员"}
	licence := lang.Text{En: "Licence officer", Hant: "牌照主任", Hans: "牌照主任"}
	add("counter-clerk", "Yip Wing Sze", "葉詠思", "digital-policy-office", lang.Text{En: "Counter clerk", Hant: "櫃位職員", Hans: "柜台职员"}, "counter-clerk")
	add("platform-admin", "Poon Kit Man", "潘潔文", "digital-policy-office", lang.Text{En: "Platform administrator", Hant: "平台管理員", Hans: "平台管理员"}, "department-admin")
	add("licence-officer", "Tsang Chun Fai", "曾俊輝", "transport-department", licence, "licence-officer")
	add("second-licence-officer", "Mak Lai Kwan", "麥麗君", "transport-department", licence, "licence-officer", "revocation-officer")
	add("transport-admin", "Yuen Nga Tung", "袁雅彤", "transport-department", admin, "department-admin")
	add("transport-steward", "Hui Shing Long", "許誠朗", "transport-department", steward, "data-steward")
	add("permit-officer", "Choi Yan Oi", "蔡欣愛", "district-transport", lang.Text{En: "Permit officer", Hant: "許可證主任", Hans: "许可证主任"}, "permit-officer", "licence-officer")
	add("second-permit-officer", "Yau Ming Hei", "邱明曦", "district-transport", lang.Text{En: "Permit officer", Hant: "許可證主任", Hans: "许可证主任"}, "permit-officer", "revocation-officer")
	add("district-admin", "Siu Fung Lok", "蕭楓樂", "district-transport", admin, "department-admin", "data-steward")
	add("address-officer", "Kwan Suet Ling", "關雪玲", "housing-department", lang.Text{En: "Address officer", Hant: "地址核實主任", Hans: "地址核实主任"}, "address-officer")
	add("head-of-addresses", "Tang Wai Man", "鄧偉文", "housing-department", lang.Text{En: "Head of addresses", Hant: "地址核實組主管", Hans: "地址核实组主管"}, "head-of-addresses", "department-admin", "data-steward")
	add("immigration-steward", "Lo Kin Shing", "羅健誠", "immigration-department", steward, "data-steward", "department-admin")
	add("rating-officer", "Chow Ka Yee", "周家怡", "rating-and-valuation-department", lang.Text{En: "Rating officer", Hant: "差餉主任", Hans: "差饷主任"}, "rating-officer", "data-steward", "department-admin")
	return all
}

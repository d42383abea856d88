package city

import "sync"

// Names of the city. They are common ones, put together at random.
//
//nolint:gochecknoglobals // made once, never changed
var (
	families = sync.OnceValue(func() []syllable {
		return pairs("Chan 陳, Lee 李, Wong 黃, Cheung 張, Lau 劉, Leung 梁, Ho 何, Lam 林, Ng 吳, Yeung 楊, Tang 鄧, Chow 周, Tsang 曾, Fung 馮, Kwok 郭, Cheng 鄭, Yip 葉, Lo 羅, Tam 譚, Mak 麥, Poon 潘, Kwan 關, Siu 蕭, Yuen 袁, Hui 許, Choi 蔡, To 杜, Wan 溫, Tse 謝, Yau 邱")
	})
	givens = sync.OnceValue(func() []syllable {
		return pairs("Ka 家, Ming 明, Wai 偉, Yan 欣, Chi 志, Hoi 海, Siu 小, Mei 美, Ling 玲, Kin 健, Wing 詠, Tsz 子, Ho 浩, Man 文, Yuk 玉, Fai 輝, Lai 麗, Kit 潔, Chun 俊, Yee 怡, Sze 思, Kwan 君, Lok 樂, Hin 軒, Suet 雪, Nga 雅, Pui 佩, Shing 誠, Tung 彤, Ying 盈, Cheuk 卓, Hei 曦, Oi 愛, Fung 楓, On 安, Long 朗")
	})
	foreignGiven = sync.OnceValue(func() []string {
		return []string{"Anita", "Rajesh", "Maria", "Thomas", "Imran", "Grace", "Sunil", "Elena", "Peter", "Nadia", "Jose", "Fatima"}
	})
	foreignFamily = sync.OnceValue(func() []string {
		return []string{"Santos", "Gurung", "Sharma", "Weber", "Khan", "Reyes", "Rai", "Novak", "Thapa", "Bennett", "Cruz", "Moreau"}
	})
	streets = sync.OnceValue(func() []string {
		return []string{"Kapok Street", "Lantern Road", "Ferry Lane", "Banyan Avenue", "Heron Street", "Old Jetty Road", "Saltfish Lane", "Bauhinia Terrace", "Causeway Street", "Stonecutters' Row", "Sampan Road", "Tea House Lane", "Lighthouse Avenue", "Typhoon Shelter Road", "Ropewalk Street", "Osmanthus Path"}
	})
	// Districts returns the districts of the city.
	Districts = sync.OnceValue(func() []string {
		return []string{"Harbour East", "Harbour West", "Lantern Bay", "North Islands", "Old Town", "Reservoir", "Saltmarsh", "Upper Peak"}
	})
)

/* SPDX-License-Identifier: MIT */
#include "world_names.h"

#include <stdio.h>

#define EACH 12u

/* How a family and a given name make a full name. */
enum order { GIVEN_FIRST, FAMILY_FIRST, FAMILY_COMMA };

struct script {
	enum order order;
	const char *between;
	const char *given[EACH], *family[EACH];
};

enum { LATIN, NORDIC, SLAVIC, TURKISH, GREEK, CYRILLIC, ARABIC, HEBREW, CHINESE, JAPANESE, KOREAN, DEVANAGARI };

static const struct script scripts[] = {
	[LATIN] = { GIVEN_FIRST,
	            " ",
	            { "Sofía", "Zoë", "José", "François", "Inês", "Jürgen", "Amélie", "Noël", "Lucía", "André",
	              "Chloé", "João" },
	            { "Marín", "Müller", "García", "Lefèvre", "Gonçalves", "Größ", "Núñez", "Pérez", "D'Angelo",
	              "Ibáñez", "Faÿ", "São Pedro" } },
	[NORDIC] = { GIVEN_FIRST,
	             " ",
	             { "Åsa", "Bjørn", "Søren", "Þóra", "Märta", "Øystein", "Jón", "Väinö", "Håkon", "Kåre",
	               "Sigríður", "Päivi" },
	             { "Öberg", "Ødegård", "Sørensen", "Guðmundsdóttir", "Lindström", "Hämäläinen", "Bjørnstad",
	               "Åkesson", "Nygård", "Mäkelä", "Þórsson", "Sjöberg" } },
	[SLAVIC] = { GIVEN_FIRST,
	             " ",
	             { "Łukasz", "Zdeněk", "Žofie", "Małgorzata", "Đorđe", "Šárka", "Ľubica", "Tomáš", "Agnieszka",
	               "Jiří", "Čedomir", "Żaneta" },
	             { "Wiśniewski", "Dvořák", "Kovačević", "Żółkiewska", "Procházka", "Šťastný", "Németh",
	               "Őrsi", "Džeko", "Kučera", "Grzęda", "Źrebiec" } },
	[TURKISH] = { GIVEN_FIRST,
	              " ",
	              { "Çağla", "İbrahim", "Şule", "Gökhan", "Ümit", "Ayşe", "Oğuz", "Ilgın", "Özlem", "Barış",
	                "Tuğçe", "Işıl" },
	              { "Yıldız", "Öztürk", "Şahin", "Çelik", "Güneş", "Aydın", "Kılıç", "Doğan", "Ünal", "Işık",
	                "Türkoğlu", "Özgür" } },
	[GREEK] = { GIVEN_FIRST,
	            " ",
	            { "Ελένη", "Γιώργος", "Αθηνά", "Νίκος", "Σοφία", "Ιωάννης", "Δήμητρα", "Κώστας", "Χρύσα", "Πέτρος",
	              "Άννα", "Θωμάς" },
	            { "Παπαδοπούλου", "Οικονόμου", "Νικολάου", "Αγγελίδης", "Ψαράς", "Καραγιάννη", "Βλάχος",
	              "Μακρής", "Ξένος", "Λάσκαρης", "Ζαφείρη", "Ρήγας" } },
	[CYRILLIC] = { GIVEN_FIRST,
	               " ",
	               { "Ольга", "Дмитрий", "Надія", "Алексей", "Світлана", "Иван", "Екатерина", "Андрій", "Мария",
	                 "Сергей", "Юлія", "Фёдор" },
	               { "Кузнецова", "Шевченко", "Соловьёв", "Ткаченко", "Щербакова", "Їжак", "Морозов", "Ґава",
	                 "Лебедева", "Ковальчук", "Эйдельман", "Чайка" } },
	[ARABIC] = { GIVEN_FIRST,
	             " ",
	             { "فاطمة", "محمد", "ليلى", "أحمد", "نور", "يوسف", "مريم", "خالد", "سارة", "عمر", "هدى", "طارق" },
	             { "الحسن", "القاسم", "النجار", "حداد", "الخطيب", "منصور", "العلي", "صباغ", "شاهين", "البيطار",
	               "زيدان", "عثمان" } },
	[HEBREW] = { GIVEN_FIRST,
	             " ",
	             { "נועה", "דוד", "תמר", "אברהם", "מיכל", "יוסף", "שירה", "אורי", "רחל", "איתן", "יעל", "גיל" },
	             { "כהן", "לוי", "מזרחי", "פרץ", "ביטון", "אברהמי", "פרידמן", "שפירא", "גבאי", "רוזן", "ברק",
	               "שלום" } },
	[CHINESE] = { FAMILY_FIRST,
	              "",
	              { "伟", "秀英", "小明", "雪梅", "建国", "丽华", "志强", "雅婷", "文博", "美玲", "俊杰", "子涵" },
	              { "王", "李", "張", "刘", "陳", "楊", "黃", "歐陽", "吴", "赵", "周", "司馬" } },
	[JAPANESE] = { FAMILY_FIRST,
	               " ",
	               { "さくら", "健一", "陽子", "ゆうと", "美咲", "翔太", "花子", "直樹", "あおい", "大輔", "真由美",
	                 "ケン" },
	               { "佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤", "山本", "中村", "小林", "髙﨑", "斎藤",
	                 "長谷川" } },
	[KOREAN] = { FAMILY_FIRST,
	             "",
	             { "민준", "서연", "지훈", "수빈", "하은", "도윤", "예린", "현우", "지우", "은주", "성호", "나래" },
	             { "김", "이", "박", "최", "정", "강", "조", "윤", "장", "남궁", "한", "황보" } },
	[DEVANAGARI] = { GIVEN_FIRST,
	                 " ",
	                 { "आरव", "प्रिया", "राहुल", "अनीता", "विक्रम", "दीपिका", "संजय", "मीरा", "कृष्ण", "श्रुति",
	                   "अर्जुन", "लक्ष्मी" },
	                 { "शर्मा", "वर्मा", "सिंह", "गुप्ता", "पटेल", "जोशी", "मिश्रा", "रेड्डी", "नायर", "श्रीवास्तव",
	                   "कुलकर्णी", "ठाकुर" } },
};

/* What trips those who cut rows at commas, or put names into XML, HTML, SQL or a shell. */
static const char *const troublesome[] = {
	"O'Brien, Siobhán",
	"Robert \"Bob\" Smith, Jr.",
	"Ana & Luís",
	"Anne-Marie d'Été, \"AM\"",
	"Smith & Søn, Warehouse",
	"Conan O’Neill",
	"Meeting room <3>",
	"Lab; Reception | Back door",
	"50% Café",
	"Ω'Connor, \"Ωmega\" & Co",
	"\\Support\\",
	"👩‍💻 Dev on call",
};

#define COMMA (-1)
#define TROUBLE (-2)
static const int turns[20] = {
	LATIN,  GREEK,   SLAVIC, CYRILLIC, TROUBLE, ARABIC, LATIN,   CHINESE, NORDIC, JAPANESE,
	HEBREW, TURKISH, KOREAN, LATIN,    COMMA,   SLAVIC, TROUBLE, NORDIC,  LATIN,  DEVANAGARI,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t print(char *out, size_t size, const char *a, const char *b, const char *c)
{
	int n = snprintf(out, size, "%s%s%s", a, b, c);

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

size_t sim_name_person(struct sim_random *r, size_t i, char out[SIM_NAME_MAX])
{
	int turn = turns[i % COUNT(turns)];
	/* Drawn whether needed or not: a name does not depend on what went before it. */
	uint32_t given = sim_random_below(r, EACH), family = sim_random_below(r, EACH);

	if (turn == TROUBLE)
		return print(out, SIM_NAME_MAX, troublesome[(i / 10) % COUNT(troublesome)], "", "");
	const struct script *s = &scripts[turn == COMMA ? LATIN : turn];

	if (turn == COMMA)
		return print(out, SIM_NAME_MAX, s->family[family], ", ", s->given[given]);
	if (s->order == FAMILY_FIRST)
		return print(out, SIM_NAME_MAX, s->family[family], s->between, s->given[given]);
	return print(out, SIM_NAME_MAX, s->given[given], s->between, s->family[family]);
}

/* The i-th of a list; past its end with a number, so that all differ. */
static size_t numbered(const char *const *list, size_t count, size_t i, char out[SIM_NAME_MAX])
{
	char number[24] = "";

	if (i >= count)
		snprintf(number, sizeof(number), " %zu", i / count + 1);
	return print(out, SIM_NAME_MAX, list[i % count], number, "");
}

size_t sim_name_node(size_t i, char out[SIM_NAME_MAX])
{
	static const char *const places[] = {
		"Head Office", "Warehouse", "Malmö",  "København", "Αθήνα",  "Київ",        "القاهرة", "תל אביב",
		"上海",        "東京",      "서울",   "दिल्ली",       "Łódź",   "São Paulo",   "Zürich",  "İzmir",
		"Call Centre", "Workshop",  "Québec", "Reykjavík",
	};

	return numbered(places, COUNT(places), i, out);
}

size_t sim_name_group(size_t i, char out[SIM_NAME_MAX])
{
	static const char *const groups[] = {
		"Main",       "Sales",      "Support",  "Accounts", "Accueil & Réception", "Продажи",
		"サポート",   "Εξυπηρέτηση", "Returns, Repairs", "الدعم", "שירות",         "客服",
		"Versand",    "Ventas",     "고객지원", "Out of hours",
	};

	return numbered(groups, COUNT(groups), i, out);
}

size_t sim_name_firm(size_t i, char out[SIM_NAME_MAX])
{
	static const char *const firms[] = {
		"Example Bäckerei GmbH", "Fish & Chips \"The Example\"", "Exemple, Fils & Cie", "Ejemplo S.A.",
		"Παράδειγμα Α.Ε.",       "ООО «Пример»",                 "شركة مثال",            "דוגמה בע״מ",
		"示例有限公司",          "株式会社サンプル",             "예시 주식회사",        "उदाहरण प्रा. लि.",
		"Taxi O'Example",        "Surgery, Example Road",
	};

	return numbered(firms, COUNT(firms), i, out);
}

/* From ranges that Ofcom, the NANPA, Arcep, the Bundesnetzagentur, the ACMA and PTS keep free for films
 * and books, a hundred numbers of each, in the forms in which they come in on a line. */
static const char *const outside[] = {
	"016329607",    "+120255501", "020794600",   "00331990012", "+4477009001", "004930231251",
	"00612555001",  "121255501",  "011349601",   "+336399801",  "00468465004", "+4917139200",
	"080815700",    "+463139006", "00141555501", "077009009",   "+612701002",  "028964961",
};

size_t sim_number_outside(size_t i, char out[SIM_NUMBER_MAX])
{
	size_t ranges = COUNT(outside);
	/* 37 and 100 have no common factor: each number of a range comes once. */
	unsigned end = (unsigned)((i / ranges * 37 + i % ranges * 11) % 100);
	char digits[8];

	snprintf(digits, sizeof(digits), "%02u", end);
	return print(out, SIM_NUMBER_MAX, outside[i % ranges], digits, "");
}

/* Ofcom's ranges again: a thousand numbers of each of these places. */
static const char *const own[] = {
	"01632960", "01134960", "01144960", "01154960", "01164960", "01174960", "01184960", "01214960",
	"01314960", "01414960", "01514960", "01614960", "02079460", "01914980", "02896496", "02920180",
};

size_t sim_number_own(size_t i, uint32_t end, unsigned digits, char out[SIM_NUMBER_MAX])
{
	/* Sites with more than a thousand numbers have to take them from beyond the range. */
	return (size_t)snprintf(out, SIM_NUMBER_MAX, "%.*s%0*u", (int)(11 - digits), own[i % COUNT(own)], (int)digits,
	                        end);
}

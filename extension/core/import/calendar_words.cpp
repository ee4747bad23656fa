#include "core/import/calendar_words.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

struct MonthWord {
    unsigned month;
    std::string_view name;
};

// Without accents, in lower case. Forms that another one begins with are left out.
constexpr std::array kMonths{
    MonthWord{1, "january"},    MonthWord{1, "januar"},        MonthWord{1, "janner"},     MonthWord{1, "jaenner"},
    MonthWord{1, "janvier"},    MonthWord{1, "enero"},         MonthWord{1, "janeiro"},    MonthWord{1, "januari"},
    MonthWord{1, "styczen"},    MonthWord{1, "stycznia"},      MonthWord{1, "gennaio"},    MonthWord{1, "ינואר"},
    MonthWord{2, "february"},   MonthWord{2, "februar"},       MonthWord{2, "feber"},      MonthWord{2, "fevrier"},
    MonthWord{2, "febrero"},    MonthWord{2, "fevereiro"},     MonthWord{2, "februari"},   MonthWord{2, "luty"},
    MonthWord{2, "lutego"},     MonthWord{2, "febbraio"},      MonthWord{2, "פברואר"},     MonthWord{3, "march"},
    MonthWord{3, "marz"},       MonthWord{3, "maerz"},         MonthWord{3, "mrz"},        MonthWord{3, "mars"},
    MonthWord{3, "marzo"},      MonthWord{3, "marco"},         MonthWord{3, "maart"},      MonthWord{3, "mrt"},
    MonthWord{3, "marzec"},     MonthWord{3, "marca"},         MonthWord{3, "מרץ"},        MonthWord{3, "מרס"},
    MonthWord{4, "april"},      MonthWord{4, "avril"},         MonthWord{4, "abril"},      MonthWord{4, "kwiecien"},
    MonthWord{4, "kwietnia"},   MonthWord{4, "aprile"},        MonthWord{4, "אפריל"},      MonthWord{5, "may"},
    MonthWord{5, "mai"},        MonthWord{5, "mayo"},          MonthWord{5, "maio"},       MonthWord{5, "mei"},
    MonthWord{5, "maj"},        MonthWord{5, "maja"},          MonthWord{5, "maggio"},     MonthWord{5, "מאי"},
    MonthWord{6, "june"},       MonthWord{6, "juni"},          MonthWord{6, "juin"},       MonthWord{6, "junio"},
    MonthWord{6, "junho"},      MonthWord{6, "czerwiec"},      MonthWord{6, "czerwca"},    MonthWord{6, "giugno"},
    MonthWord{6, "יוני"},       MonthWord{7, "july"},          MonthWord{7, "juli"},       MonthWord{7, "juillet"},
    MonthWord{7, "julio"},      MonthWord{7, "julho"},         MonthWord{7, "lipiec"},     MonthWord{7, "lipca"},
    MonthWord{7, "luglio"},     MonthWord{7, "יולי"},          MonthWord{8, "august"},     MonthWord{8, "aout"},
    MonthWord{8, "agosto"},     MonthWord{8, "augustus"},      MonthWord{8, "sierpien"},   MonthWord{8, "sierpnia"},
    MonthWord{8, "אוגוסט"},     MonthWord{9, "september"},     MonthWord{9, "septembre"},  MonthWord{9, "septiembre"},
    MonthWord{9, "setiembre"},  MonthWord{9, "setembro"},      MonthWord{9, "wrzesien"},   MonthWord{9, "wrzesnia"},
    MonthWord{9, "settembre"},  MonthWord{9, "ספטמבר"},        MonthWord{10, "october"},   MonthWord{10, "oktober"},
    MonthWord{10, "octobre"},   MonthWord{10, "octubre"},      MonthWord{10, "outubro"},   MonthWord{10, "pazdziernik"},
    MonthWord{10, "ottobre"},   MonthWord{10, "אוקטובר"},      MonthWord{11, "november"},  MonthWord{11, "novembre"},
    MonthWord{11, "noviembre"}, MonthWord{11, "novembro"},     MonthWord{11, "listopad"},  MonthWord{11, "נובמבר"},
    MonthWord{12, "december"},  MonthWord{12, "dezember"},     MonthWord{12, "decembre"},  MonthWord{12, "diciembre"},
    MonthWord{12, "dezembro"},  MonthWord{12, "grudzien"},     MonthWord{12, "grudnia"},   MonthWord{12, "dicembre"},
    MonthWord{12, "דצמבר"},     MonthWord{10, "pazdziernika"}, MonthWord{11, "listopada"},
};

// Their beginnings are enough: "mon" is "monday" and "monsun" alike, and no month begins with any of them.
constexpr std::array<std::string_view, 48> kWeekdays{
    "monday",    "tuesday",      "wednesday",  "thursday", "friday",   "saturday",  "sunday",    "montag",
    "dienstag",  "mittwoch",     "donnerstag", "freitag",  "samstag",  "sonnabend", "sonntag",   "lundi",
    "mardi",     "mercredi",     "jeudi",      "vendredi", "samedi",   "dimanche",  "lunes",     "martes",
    "miercoles", "jueves",       "viernes",    "sabado",   "domingo",  "segunda",   "terca",     "quarta",
    "quinta",    "sexta",        "maandag",    "dinsdag",  "woensdag", "donderdag", "vrijdag",   "zaterdag",
    "zondag",    "poniedzialek", "wtorek",     "sroda",    "czwartek", "piatek",    "niedziela", "sobota"};

constexpr std::size_t kShortestWord = 3;
// The letter that Hebrew puts before a month ("in March").
constexpr std::string_view kHebrewIn = "ב";

// The two letters that a name in Latin ones begins with, as a number.
constexpr std::size_t kLetters = 26;
constexpr std::size_t beginning(char first, char second) noexcept {
    return static_cast<std::size_t>((first | 0x20) - 'a') * kLetters + static_cast<std::size_t>((second | 0x20) - 'a');
}

std::bitset<kLetters * kLetters> beginnings_of_names() {
    std::bitset<kLetters * kLetters> beginnings;
    const auto note = [&](std::string_view name) {
        if (is_ascii_letter(name[0])) beginnings.set(beginning(name[0], name[1]));
    };
    for (const MonthWord &month : kMonths) note(month.name);
    for (const std::string_view weekday : kWeekdays) note(weekday);
    return beginnings;
}

// Few of the words in a file do, and to compare one with all names takes long. Letters with accents are not looked at.
bool may_begin_name(std::string_view word) {
    static const std::bitset<kLetters *kLetters> beginnings = beginnings_of_names();
    return !is_ascii_letter(word[0]) || !is_ascii_letter(word[1]) || beginnings.test(beginning(word[0], word[1]));
}

std::size_t letter_count(std::string_view word) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(word, [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::optional<unsigned> month_named(std::string_view word) {
    if (letter_count(word) < kShortestWord || !may_begin_name(word)) return std::nullopt;
    const std::string name = folded(word);
    unsigned month = 0;
    for (const MonthWord &known : kMonths) {
        if (known.name == name) return known.month;
        if (!known.name.starts_with(name)) continue;
        if (month != 0 && month != known.month) return std::nullopt;
        month = known.month;
    }
    if (month != 0) return month;
    if (name == "sept") return 9;
    if (word.starts_with(kHebrewIn)) return month_named(word.substr(kHebrewIn.size()));
    return std::nullopt;
}

bool is_weekday(std::string_view word) {
    if (word.size() < 2 || !may_begin_name(word)) return false;
    const std::string name = folded(word);
    return std::ranges::any_of(kWeekdays, [&](std::string_view known) { return known.starts_with(name); });
}

}  // namespace pipeline_forecast

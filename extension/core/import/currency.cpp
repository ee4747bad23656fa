#include "core/import/currency.hpp"

#include <algorithm>
#include <array>

#include "core/import/letters.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// ISO 4217, with those that were given up in this century and the offshore renminbi.
constexpr std::string_view kCodes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BYR BZD CAD CDF "
    "CHF CLF CLP CNH CNY COP CRC CUC CUP CVE CZK DJF DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF "
    "GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB "
    "PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL "
    "THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VEF VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL ";

struct Sign {
    std::string_view text;
    std::string_view name;
    std::string_view usual_code;
};

// A longer sign stands before those that it begins or ends with.
constexpr std::array kSigns{
    Sign{"US$", "USD", "USD"},  Sign{"CA$", "CAD", "CAD"}, Sign{"AU$", "AUD", "AUD"},  Sign{"HK$", "HKD", "HKD"},
    Sign{"NZ$", "NZD", "NZD"},  Sign{"NT$", "TWD", "TWD"}, Sign{"MX$", "MXN", "MXN"},  Sign{"R$", "BRL", "BRL"},
    Sign{"A$", "AUD", "AUD"},   Sign{"C$", "CAD", "CAD"},  Sign{"S$", "SGD", "SGD"},   Sign{"$", "$", "USD"},
    Sign{"€", "EUR", "EUR"},    Sign{"£", "GBP", "GBP"},   Sign{"¥", "¥", "JPY"},      Sign{"￥", "¥", "JPY"},
    Sign{"元", "CNY", "CNY"},   Sign{"円", "JPY", "JPY"},  Sign{"₹", "INR", "INR"},    Sign{"Rs.", "Rs", "INR"},
    Sign{"Rs", "Rs", "INR"},    Sign{"₽", "RUB", "RUB"}, Sign{"руб.", "RUB", "RUB"}, Sign{"руб", "RUB", "RUB"},
    Sign{"р.", "RUB", "RUB"},   Sign{"₴", "UAH", "UAH"},   Sign{"грн.", "UAH", "UAH"}, Sign{"грн", "UAH", "UAH"},
    Sign{"₺", "TRY", "TRY"},    Sign{"₪", "ILS", "ILS"},   Sign{"ש\"ח", "ILS", "ILS"}, Sign{"₩", "KRW", "KRW"},
    Sign{"₫", "VND", "VND"},    Sign{"฿", "THB", "THB"},   Sign{"₱", "PHP", "PHP"},    Sign{"₦", "NGN", "NGN"},
    Sign{"₡", "CRC", "CRC"},    Sign{"₲", "PYG", "PYG"},   Sign{"₵", "GHS", "GHS"},    Sign{"₸", "KZT", "KZT"},
    Sign{"₼", "AZN", "AZN"},  Sign{"₾", "GEL", "GEL"}, Sign{"zł", "PLN", "PLN"},   Sign{"zl", "PLN", "PLN"},
    Sign{"Kč", "CZK", "CZK"},   Sign{"Kc", "CZK", "CZK"},  Sign{"Ft", "HUF", "HUF"},   Sign{"kr.", "kr", "SEK"},
    Sign{"kr", "kr", "SEK"},    Sign{"lei", "RON", "RON"}, Sign{"лв.", "BGN", "BGN"},  Sign{"лв", "BGN", "BGN"},
    Sign{"SFr.", "CHF", "CHF"}, Sign{"Fr.", "CHF", "CHF"}, Sign{"RM", "MYR", "MYR"},   Sign{"Rp", "IDR", "IDR"},
    Sign{"S/.", "PEN", "PEN"},  Sign{"S/", "PEN", "PEN"},  Sign{"د.إ", "AED", "AED"},  Sign{"TL", "TRY", "TRY"},
};

constexpr std::size_t kCodeLength = 3;

// The codes one by one, in the order of letters in which they stand above.
constexpr auto kSortedCodes = [] {
    std::array<std::string_view, kCodes.size() / (kCodeLength + 1)> codes;
    for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = kCodes.substr(i * (kCodeLength + 1), kCodeLength);
    return codes;
}();
static_assert(std::ranges::is_sorted(kSortedCodes));

// Bytes that some sign begins or ends with: a text with another one there is not compared with any.
using ByteSet = std::array<bool, 256>;
constexpr bool has(const ByteSet &bytes, char byte) noexcept { return bytes[static_cast<unsigned char>(byte)]; }
constexpr ByteSet kFirstBytes = [] {
    ByteSet bytes{};
    for (const Sign &sign : kSigns) bytes[static_cast<unsigned char>(sign.text.front())] = true;
    return bytes;
}();
constexpr ByteSet kLastBytes = [] {
    ByteSet bytes{};
    for (const Sign &sign : kSigns) bytes[static_cast<unsigned char>(sign.text.back())] = true;
    return bytes;
}();

bool is_capital(char character) noexcept { return character >= 'A' && character <= 'Z'; }

std::optional<Currency> code_of(std::string_view text) noexcept {
    if (text.size() != kCodeLength || !std::ranges::all_of(text, is_capital)) return std::nullopt;
    const auto code = std::ranges::lower_bound(kSortedCodes, text);
    if (code == kSortedCodes.end() || *code != text) return std::nullopt;
    return Currency{*code, *code, kCodeLength};
}

Currency currency_of(const Sign &sign) noexcept { return {sign.name, sign.usual_code, sign.text.size()}; }

}  // namespace

std::optional<Currency> currency_before(std::string_view text) noexcept {
    const bool is_code_apart = text.size() > kCodeLength && !is_ascii_letter(text[kCodeLength]);
    if (is_code_apart && is_capital(text.front())) {
        if (const auto code = code_of(text.substr(0, kCodeLength))) return code;
    }
    if (text.empty() || !has(kFirstBytes, text.front())) return std::nullopt;
    const auto sign = std::ranges::find_if(kSigns, [&](const Sign &one) { return text.starts_with(one.text); });
    return sign == kSigns.end() ? std::nullopt : std::optional(currency_of(*sign));
}

std::optional<Currency> currency_behind(std::string_view text) noexcept {
    const bool is_code_apart = text.size() > kCodeLength && !is_ascii_letter(text[text.size() - kCodeLength - 1]);
    if (is_code_apart && is_capital(text.back())) {
        if (const auto code = code_of(text.substr(text.size() - kCodeLength))) return code;
    }
    if (text.empty() || !has(kLastBytes, text.back())) return std::nullopt;
    const auto sign = std::ranges::find_if(kSigns, [&](const Sign &one) { return text.ends_with(one.text); });
    return sign == kSigns.end() ? std::nullopt : std::optional(currency_of(*sign));
}

std::optional<Currency> currency_named(std::string_view text) noexcept {
    if (const auto code = code_of(text)) return code;
    const auto sign = std::ranges::find(kSigns, text, &Sign::text);
    return sign == kSigns.end() ? std::nullopt : std::optional(currency_of(*sign));
}

}  // namespace pipeline_forecast

#include "core/recognition/field_titles.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/recognition/folded_text.hpp"

namespace pipeline_forecast {
namespace {

// The fields that a title may mean, the best first.
std::string fields(std::string_view title, std::string_view kind = "") {
    std::string list;
    for (const FieldCandidate &each : recognise_field(title, content_of_kind(kind))) {
        list.append(list.empty() ? "" : " ").append(each.field);
    }
    return list;
}

TEST(FoldedText, ComparesWithoutCaseAccentsAndPunctuation) {
    using Words = std::vector<std::string>;
    EXPECT_EQ(folded_words("  DATE de Clôture (prévue)! "), (Words{"date", "de", "cloture", "prevue"}));
    EXPECT_EQ(folded_words("Größe/Maß"), (Words{"grosse", "mass"})) << "ß is ss";
    EXPECT_EQ(folded_words("Właściciel ŁÓDŹ"), (Words{"wlasciciel", "lodz"})) << "a stroke is no accent";
    EXPECT_EQ(folded_words("I\u0307stanbul ıslak"), (Words{"istanbul", "islak"})) << "a Turkish i is an i";
    EXPECT_EQ(folded_words("cafe\u0301 Ｖａｌｕｅ"), (Words{"cafe", "value"})) << "combining accents and wide letters";
    EXPECT_EQ(folded_words("מו״מ שָׁלוֹם"), (Words{"מומ", "שלום"})) << "neither gershayim nor vowel points";
    EXPECT_EQ(folded_words("chiffre d’affaires"), (Words{"chiffre", "daffaires"}));
    EXPECT_EQ(folded_words("💰 Wert 2"), (Words{"wert", "2"}));
    EXPECT_TRUE(folded_words(" ✔ €%").empty());
    EXPECT_TRUE(folded_words("").empty());
}

TEST(FoldedText, AnyBytesAreRead) {
    EXPECT_EQ(folded_words("value\xff\xfe").front(), "value") << "what is no UTF-8 parts words";
    EXPECT_EQ(folded_words(std::string(100'000, 'x')).front().size(), 400u) << "a title that long is none";
}

TEST(FieldTitles, OfMondaysOwnCrm) {
    EXPECT_EQ(fields("Deal Value", "numbers"), "new_enquiry_value");
    EXPECT_EQ(fields("Stage", "status"), "pipeline_stage");
    EXPECT_EQ(fields("Owner", "people"), "sales_representative");
    EXPECT_EQ(fields("Expected Close Date", "date"), "expected_start_date");
    EXPECT_EQ(fields("Close Date", "date"), "expected_start_date date_order_received")
        << "beside an expected date it is the one on which it was closed";
    EXPECT_EQ(fields("Close Probability", "numbers"), "probability_percent");
    EXPECT_EQ(fields("Deal Size", "numbers"), "new_enquiry_value");
    EXPECT_EQ(fields("Deal Size", "status"), "category") << "small, medium, large";
    EXPECT_EQ(fields("Accounts", "board_relation"), "account");
    EXPECT_EQ(fields("Forecast Value", "formula"), "weighted_pipeline");
    EXPECT_EQ(fields("Deal creation date", "creation_log"), "date_created");
}

TEST(FieldTitles, InOtherLanguages) {
    struct Title {
        const char *title;
        const char *kind;
        const char *field;
    };
    for (const Title &each : {
             Title{"ANGEBOTSSUMME (netto, €)", "numbers", "new_enquiry_value"},
             Title{"Abschluss-Wahrscheinlichkeit in %", "numbers", "probability_percent"},
             Title{"Verkaufsphase", "status", "pipeline_stage"},
             Title{"Zuständig:", "people", "sales_representative"},
             Title{"voraussichtlicher Abschluß", "date", "expected_start_date"},
             Title{"Montant HT (€)", "numbers", "new_enquiry_value"},
             Title{"PROBABILITE", "numbers", "probability_percent"},
             Title{"Date de cloture prevue", "date", "expected_start_date"},
             Title{"Chargé d’affaires", "people", "sales_representative"},
             Title{"Étape", "status", "pipeline_stage"},
             Title{"Importe", "numbers", "new_enquiry_value"},
             Title{"Fecha estimada de cierre", "date", "expected_start_date"},
             Title{"Motivo de pérdida", "status", "lost_to_who_or_why"},
             Title{"Previsão de fechamento", "date", "expected_start_date"},
             Title{"RESPONSÁVEL", "people", "sales_representative"},
             Title{"Valor do negócio", "numbers", "new_enquiry_value"},
             Title{"Verwachte sluitingsdatum", "date", "expected_start_date"},
             Title{"Klantnaam", "text", "account"},
             Title{"Slagingskans %", "numbers", "probability_percent"},
             Title{"Przewidywana data zamkniecia", "date", "expected_start_date"},
             Title{"Właściciel", "people", "sales_representative"},
             Title{"Wartość (PLN)", "numbers", "new_enquiry_value"},
             Title{"שווי העסקה", "numbers", "new_enquiry_value"},
             Title{"תאריך סגירה צפוי", "date", "expected_start_date"},
             Title{"סיכוי לסגירה", "numbers", "probability_percent"},
             Title{"שם הלקוח", "text", "account"},
             Title{"אחראי", "people", "sales_representative"},
             Title{"שלב", "status", "pipeline_stage"},
         }) {
        EXPECT_EQ(fields(each.title, each.kind).substr(0, std::string_view(each.field).size()), each.field)
            << each.title;
    }
}

TEST(FieldTitles, OfExportsOfOtherPrograms) {
    EXPECT_EQ(fields("Deal - Value", "money"), "new_enquiry_value");
    EXPECT_EQ(fields("Deal - Expected close date", "day"), "expected_start_date");
    EXPECT_EQ(fields("Deal - Title"), "project_name");
    EXPECT_EQ(fields("StageName"), "pipeline_stage");
    EXPECT_EQ(fields("Opportunity Owner", "words"), "sales_representative");
    EXPECT_EQ(fields("Est. Revenue", "money"), "new_enquiry_value");
    EXPECT_EQ(fields("Potential Customer", "words"), "account");
    EXPECT_EQ(fields("Probability (%)", "percent"), "probability_percent");
    EXPECT_EQ(fields("closedate", "day"), "expected_start_date date_order_received");
    EXPECT_EQ(fields("Record ID", "number"), "project_id");
}

TEST(FieldTitles, ContentIsEvidenceToo) {
    EXPECT_EQ(fields("Value", "date"), "") << "an amount is no day";
    EXPECT_EQ(fields("Owner", "numbers"), "");
    EXPECT_EQ(fields("Stage", "people"), "");
    EXPECT_EQ(fields("Expected close date", "numbers"), "");
    EXPECT_EQ(fields("PLZ", "numbers"), "zip_code") << "a code of digits is a number to a board";
    EXPECT_EQ(fields("Probability", "file"), "");
    EXPECT_EQ(fields("Amount", "text"), "new_enquiry_value") << "a text may hold anything";
}

TEST(FieldTitles, OtherTitlesSayNothing) {
    for (const char *title : {"", "€", "Weather", "Notizen", "Telefon", "מספר טלפון", "Weighted average of nothing",
                              "Stage fright", "Valuedate of the owner"}) {
        EXPECT_EQ(fields(title), "") << title;
    }
}

TEST(FieldTitles, EveryFieldIsKnownByItsOwnName) {
    for (const ImportField &field : import_fields()) {
        std::string title(field.name);
        std::ranges::replace(title, '_', ' ');
        EXPECT_NE(fields(title).find(field.name), std::string::npos) << field.name;
    }
    EXPECT_EQ(fields("Project Value", "numbers"), "new_enquiry_value project_value")
        << "what a project is worth, unless another column says that";
}

}  // namespace
}  // namespace pipeline_forecast

#include "core/recognition/stage_words.hpp"

#include <gtest/gtest.h>

namespace pipeline_forecast {
namespace {

// "won", "lost", "open 50", or nothing.
std::string meaning(std::string_view label) {
    const std::optional<StageProposal> stage = recognise_stage(label);
    if (!stage) return "";
    std::string text(to_string(stage->outcome));
    if (stage->outcome == StageOutcome::kOpen) text += " " + std::to_string(stage->probability_percent);
    return text;
}

struct Meaning {
    const char *label;
    const char *expected;
};

TEST(StageWords, SayWhatIsWonAndLost) {
    for (const Meaning &each : {
             Meaning{"7 - WON!", "won"},
             Meaning{"L. Project Lost", "lost"},
             Meaning{"Closed Won 🎉", "won"},
             Meaning{"Lost - order cancelled", "lost"},
             Meaning{"Auftrag", "won"},
             Meaning{"Auftrag verloren", "lost"},
             Meaning{"GEWONNEN (abgerechnet)", "won"},
             Meaning{"Gagnée", "won"},
             Meaning{"Perdue", "lost"},
             Meaning{"Classée sans suite", "lost"},
             Meaning{"Signé ✔", "won"},
             Meaning{"Cerrada ganada", "won"},
             Meaning{"Perdido por precio", "lost"},
             Meaning{"Ganho", "won"},
             Meaning{"Não ganhamos", "lost"},
             Meaning{"Opdracht ontvangen", "won"},
             Meaning{"Afgewezen", "lost"},
             Meaning{"Wygrana", "won"},
             Meaning{"Przegrana - cena", "lost"},
             Meaning{"זכינו", "won"},
             Meaning{"נסגר בהצלחה", "won"},
             Meaning{"לא זכינו", "lost"},
             Meaning{"הפסד למתחרה", "lost"},
             Meaning{"Closed", "won"},
         }) {
        EXPECT_EQ(meaning(each.label), each.expected) << each.label;
    }
}

TEST(StageWords, SayHowFarASaleIs) {
    for (const Meaning &each : {
             Meaning{"Neue Anfrage", "open 10"},
             Meaning{"Angebot versendet", "open 50"},
             Meaning{"In Verhandlung", "open 70"},
             Meaning{"Auftrag in Verhandlung", "open 70"},
             Meaning{"Devis envoyé", "open 50"},
             Meaning{"Commande en attente", "open 10"},
             Meaning{"Propuesta enviada", "open 50"},
             Meaning{"Em negociação", "open 70"},
             Meaning{"Umowa wysłana", "open 85"},
             Meaning{"Offerte verstuurd", "open 50"},
             Meaning{"מו\"מ", "open 70"},
             Meaning{"הצעת מחיר נשלחה", "open 50"},
             Meaning{"Qualified", "open 30"},
             Meaning{"On hold", "open 10"},
         }) {
        EXPECT_EQ(meaning(each.label), each.expected) << each.label;
    }
}

TEST(StageWords, WhatIsDeniedOrUnknownSaysNothing) {
    for (const char *label : {"Not signed yet", "Awaiting order", "Noch nicht beauftragt", "לפני הזמנה", "Phase 3",
                              "Grün", "", "Wonderful", "Costs", "?"}) {
        EXPECT_EQ(meaning(label), "") << label;
    }
}

TEST(StageWords, TheRestFollowsFromTheBoard) {
    const std::vector<StageLabel> labels{{"Blau"},         {"Grün"},       {"Angebot"}, {"Rot"},
                                         {"Fertig", true}, {"Gold", true}, {"Verloren"}};
    std::vector<std::string> shown;
    for (const StageProposal &stage : propose_stages(labels)) {
        shown.push_back(std::string(to_string(stage.bucket)) + " " + std::to_string(stage.probability_percent) + ": " +
                        std::string(stage.reason));
    }
    EXPECT_EQ(shown, (std::vector<std::string>{
                         "Open 20: no word of it is known: an open stage, by its place",
                         "Open 40: no word of it is known: an open stage, by its place",
                         "Open 50: a word for a step of a sale",
                         "Open 80: no word of it is known: an open stage, by its place",
                         "Committed 100: a word for won",
                         "Committed 100: done on the board",
                         "Lost 0: a word for lost",
                     }));
    EXPECT_TRUE(propose_stages({}).empty());
}

}  // namespace
}  // namespace pipeline_forecast

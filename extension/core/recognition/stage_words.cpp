#include "core/recognition/stage_words.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "core/recognition/folded_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

// English, German, French, Spanish, Portuguese, Dutch, Polish and Hebrew, a line each; parted by bars. A phrase is
// found as whole words within a label; one that ends in * is found as the beginning of a word.
constexpr std::string_view kLostPhrases =
    "lost|not won|cancel*|reject*|dead|disqualified|unqualified|declined|abandoned|no bid|no go|no decision|did not "
    "buy|dropped|withdrawn|"
    "churned|not interested|not awarded|closed lost|"
    "verloren|storniert|abgelehnt|absage|abgesagt|abgebrochen|kein interesse|kein auftrag|nicht gewonnen|nicht "
    "erhalten|"
    "perdu*|annul*|refus*|abandonn*|sans suite|pas interesse|non gagne|non signe|"
    "perdid*|cancelad*|rechazad*|descartad*|no interesado|no ganad*|"
    "perdid*|cancelad*|recusad*|descartad*|desistiu|sem interesse|nao ganh*|"
    "verloren|geannuleerd|afgewezen|afgevallen|geen interesse|niet gewonnen|"
    "przegran*|utracon*|anulowan*|odrzucon*|stracon*|brak zainteresowania|nie wygran*|"
    "הפסד|הפסדנו|אבוד|אבודה|בוטל|בוטלה|נדחה|נדחתה|לא רלוונטי|לא נסגר|לא נסגרה|לא זכינו|ירד מהפרק";

constexpr std::string_view kWonPhrases =
    "won|closed won|order received|order confirmed|ordered|order placed|contract "
    "signed|signed|awarded|invoiced|paid|delivered|"
    "po received|sold|"
    "gewonnen|auftrag erhalten|auftrag erteilt|beauftragt|bestellt|unterschrieben|unterzeichnet|abgerechnet|"
    "fakturiert|bezahlt|ausgeliefert|verkauft|zuschlag erhalten|"
    "gagn*|signe|signee|commande recue|commandee|facture|facturee|paye|payee|livre|livree|vendu|"
    "ganad*|firmad*|pedido recibido|facturad*|pagad*|vendid*|cerrado ganado|entregad*|"
    "ganh*|assinad*|pedido recebido|faturad*|pagad*|vendid*|fechado ganho|entregue|"
    "gewonnen|getekend|order ontvangen|opdracht ontvangen|gefactureerd|betaald|verkocht|"
    "wygran*|podpisan*|zamowione|zafakturowan*|oplacon*|sprzedan*|"
    "זכינו|זכייה|נסגר בהצלחה|נסגרה בהצלחה|נחתם|נחתמה|חתום|הוזמן|הוזמנה|התקבלה הזמנה|שולם|שולמה|חשבונית הופקה|נמכר";

// An order is won, unless the label says as well how far it is.
constexpr std::string_view kWeakWonPhrases =
    "auftrag|bestellung|opdracht|commande|pedido|zamowienie|contract|done|closed|complete|completed|success|"
    "abgeschlossen|erledigt|fertig|termine|terminee|cloture|cerrado|cerrada|fechado|fechada|afgerond|zakonczon*|pago|"
    "הזמנה|נסגר|נסגרה|הושלם|הסתיים";

// What denies or delays what stands after it.
constexpr std::string_view kDenials =
    "not|no|non|nicht|kein|keine|noch|pas|sans|sin|nao|sem|niet|geen|nie|bez|brak|be|ready|awaiting|waiting|pending|"
    "before|"
    "until|wartet|warten|vor|attente|avant|esperando|aguardando|antes|wacht|wachten|oczekuje|przed|לא|אין|טרם|ממתין|"
    "ממתינה|"
    "לפני";

struct OpenStep {
    int probability_percent;
    std::string_view phrases;
};

// The further a step is from the first contact, the more of its projects are won.
constexpr std::array kOpenSteps{
    OpenStep{10,
             "on hold|hold|paused|parked|stalled|postponed|nurture|dormant|someday|later|"
             "pausiert|zuruckgestellt|verschoben|ruht|wartend|"
             "en pause|reporte|reportee|suspendu|en attente|"
             "en pausa|aplazad*|pospuest*|congelad*|pausad*|adiad*|suspens*|"
             "gepauzeerd|uitgesteld|wstrzyman*|odlozon*|zawieszon*|"
             "מוקפא|מוקפאת|בהמתנה|מושהה|הוקפא"},
    OpenStep{85,
             "verbal*|verbal commit*|commit|committed|contract sent|contracting|legal|closing|final|ready to "
             "sign|preferred supplier|"
             "mundlich*|mundliche zusage|vertrag versendet|vertrag|vor abschluss|letter of intent|loi|"
             "accord verbal|contrat envoye|contrat|finalisation|signature en cours|"
             "contrato enviado|contrato|cierre|acuerdo verbal|acordo verbal|fechamento|"
             "mondeling*|contract verstuurd|contract|umowa|umowa wyslana|finalizacja|"
             "חוזה|חוזה נשלח|לפני חתימה|בחתימה|בסגירה|הסכמה בעל פה"},
    OpenStep{70,
             "negotiation|negotiating|negotiations|in negotiation|shortlist*|"
             "verhandlung|verhandlungen|in verhandlung|engere wahl|"
             "negociation|en negociation|nego|"
             "negociacion|en negociacion|negociacao|em negociacao|negociando|"
             "onderhandeling|in onderhandeling|shortlist|negocjacje|w trakcie negocjacji|"
             "משא ומתן|מומ|במשא ומתן"},
    OpenStep{50,
             "proposal|proposal sent|quote|quoted|quote sent|quotation|offer|offer sent|bid|tender|tendering|estimate "
             "sent|rfp|"
             "angebot|angebot versendet|angebot abgegeben|angeboten|ausschreibung|"
             "devis|devis envoye|offre|offre envoyee|proposition|proposition envoyee|appel d offres|"
             "propuesta|propuesta enviada|presupuesto|presupuesto enviado|oferta|cotizacion|cotizad*|licitacion|"
             "proposta|proposta enviada|orcamento|cotacao|licitacao|"
             "offerte|offerte verstuurd|offerte verzonden|aanbesteding|voorstel|"
             "oferta|oferta wyslana|przetarg|wycena|propozycja|"
             "הצעה|הצעת מחיר|הצעה נשלחה|נשלחה הצעה|מכרז|הצעת מחיר נשלחה"},
    OpenStep{30,
             "meeting|demo|presentation|discovery|evaluation|trial|pilot|needs "
             "analysis|qualified|qualification|qualifying|design*|"
             "survey|site visit|in progress|working on it|"
             "termin|prasentation|bedarfsanalyse|qualifiziert|qualifizierung|besichtigung|planung|in bearbeitung|"
             "rendez vous|rdv|presentation|qualifie|qualifiee|qualification|etude|visite|en cours|analyse du besoin|"
             "reunion|presentacion|calificad*|cualificad*|visita|demostracion|en curso|en proceso|"
             "apresentacao|qualificad*|qualificacao|visita|demonstracao|em andamento|"
             "afspraak|presentatie|gekwalificeerd|kwalificatie|bezoek|in behandeling|"
             "spotkanie|prezentacja|zakwalifikowan*|kwalifikacja|wizyta|w trakcie|w toku|"
             "פגישה|הדגמה|מצגת|אפיון|בתהליך|בטיפול|ביקור"},
    OpenStep{20,
             "contacted|contact made|contact|first contact|reached out|responded|interested|"
             "kontaktiert|kontakt|erstkontakt|kontaktaufnahme|interessiert|"
             "contacte|contactee|premier contact|prise de contact|interesse|interessee|"
             "contactad*|primer contacto|interesad*|contatad*|contactado|primeiro contato|interessad*|"
             "gecontacteerd|eerste contact|geinteresseerd|skontaktowan*|pierwszy kontakt|zainteresowan*|"
             "נוצר קשר|יצירת קשר|מתעניין|מתעניינת"},
    OpenStep{
        10,
        "new|new lead|lead|leads|open|open "
        "enquiry|enquiry|inquiry|prospect|prospecting|prospects|idea|incoming|backlog|not started|"
        "to do|"
        "neu|neue anfrage|anfrage|anfragen|offen|interessent|idee|eingang|"
        "nouveau|nouvelle|nouvelle demande|demande|piste|prospect|a contacter|ouvert|ouverte|a faire|"
        "nuevo|nueva|prospecto|solicitud|abierto|abierta|por contactar|novo|nova|prospeccao|aberto|aberta|oportunidade|"
        "oportunidad|"
        "nieuw|nieuwe aanvraag|aanvraag|prospect|open|nowy|nowa|nowe|zapytanie|otwart*|szansa|"
        "חדש|חדשה|ליד|לידים|פנייה|פנייה חדשה|פתוח|פתוחה"},
};

using StageWords = std::vector<std::string>;

struct Phrase {
    StageWords words;
    bool is_beginning = false;  // the last word goes on
    int probability_percent = 0;
};

void add_phrases(std::vector<Phrase> &phrases, std::string_view list, int probability_percent) {
    while (!list.empty()) {
        const std::size_t bar = std::min(list.find('|'), list.size());
        const std::string_view text = list.substr(0, bar);
        phrases.push_back({folded_words(text), text.ends_with('*'), probability_percent});
        list.remove_prefix(std::min(bar + 1, list.size()));
    }
}

std::vector<Phrase> phrases_of(std::string_view list) {
    std::vector<Phrase> phrases;
    add_phrases(phrases, list, 0);
    return phrases;
}

std::vector<Phrase> open_phrases() {
    std::vector<Phrase> phrases;
    for (const OpenStep &step : kOpenSteps) add_phrases(phrases, step.phrases, step.probability_percent);
    return phrases;
}

bool stands_at(const Phrase &phrase, const StageWords &label, std::size_t at) {
    if (at + phrase.words.size() > label.size()) return false;
    for (std::size_t i = 0; i < phrase.words.size(); ++i) {
        const bool may_go_on = phrase.is_beginning && i + 1 == phrase.words.size();
        const std::string &word = label[at + i];
        if (may_go_on ? !word.starts_with(phrase.words[i]) : word != phrase.words[i]) return false;
    }
    return true;
}

bool is_denied(const StageWords &label, std::size_t at) {
    static const std::vector<Phrase> denials = phrases_of(kDenials);
    constexpr std::size_t reach = 3;
    for (std::size_t before = at > reach ? at - reach : 0; before < at; ++before) {
        if (std::ranges::any_of(denials, [&](const Phrase &each) { return stands_at(each, label, before); }))
            return true;
    }
    return false;
}

// The longest phrase that the label holds; nullptr where it holds none, or each is denied.
const Phrase *longest(const std::vector<Phrase> &phrases, const StageWords &label, bool may_be_denied) {
    const Phrase *best = nullptr;
    for (const Phrase &phrase : phrases) {
        for (std::size_t at = 0; at < label.size(); ++at) {
            if (!stands_at(phrase, label, at) || (!may_be_denied && is_denied(label, at))) continue;
            if (best == nullptr || phrase.words.size() > best->words.size()) best = &phrase;
        }
    }
    return best;
}

constexpr StageProposal kWonStage{Bucket::kCommitted, StageOutcome::kWon, 100, "a word for won"};
constexpr StageProposal kDoneStage{Bucket::kCommitted, StageOutcome::kWon, 100, "done on the board"};
constexpr StageProposal kLostStage{Bucket::kLost, StageOutcome::kLost, 0, "a word for lost"};

}  // namespace

std::optional<StageProposal> recognise_stage(std::string_view label) {
    static const std::vector<Phrase> lost = phrases_of(kLostPhrases);
    static const std::vector<Phrase> won = phrases_of(kWonPhrases);
    static const std::vector<Phrase> weakly_won = phrases_of(kWeakWonPhrases);
    static const std::vector<Phrase> open = open_phrases();
    const StageWords words = folded_words(label);
    if (longest(lost, words, false) != nullptr) return kLostStage;
    if (longest(won, words, false) != nullptr) return kWonStage;
    if (const Phrase *step = longest(open, words, true)) {
        return StageProposal{Bucket::kOpen, StageOutcome::kOpen, step->probability_percent,
                             "a word for a step of a sale"};
    }
    if (longest(weakly_won, words, false) != nullptr) return kWonStage;
    return std::nullopt;
}

std::vector<StageProposal> propose_stages(const std::vector<StageLabel> &labels) {
    std::vector<std::optional<StageProposal>> known;
    for (const StageLabel &label : labels) {
        known.push_back(recognise_stage(label.text));
        if (!known.back() && label.is_done) known.back() = kDoneStage;
    }
    const auto is_open = [](const std::optional<StageProposal> &each) {
        return !each || each->outcome == StageOutcome::kOpen;
    };
    const auto open_stages = static_cast<int>(std::ranges::count_if(known, is_open));
    std::vector<StageProposal> proposals;
    int position = 0;
    for (const std::optional<StageProposal> &each : known) {
        if (is_open(each)) ++position;
        const int by_place = 100 * position / (open_stages + 1);
        proposals.push_back(each ? *each
                                 : StageProposal{Bucket::kOpen, StageOutcome::kOpen, by_place,
                                                 "no word of it is known: an open stage, by its place"});
    }
    return proposals;
}

std::string_view to_string(StageOutcome outcome) noexcept {
    constexpr std::array<std::string_view, 3> names{"won", "lost", "open"};
    return names[static_cast<std::size_t>(outcome)];
}

}  // namespace pipeline_forecast

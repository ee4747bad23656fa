#include "core/recognition/field_titles.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/import_field.hpp"
#include "core/recognition/folded_text.hpp"

#include "core/no_postgres.hpp"

namespace pipeline_forecast {
namespace {

using enum TitleRank;

// English, German, French, Spanish, Portuguese, Dutch, Polish and Hebrew, a line each; parted by bars.
struct FieldTitles {
    std::string_view field;
    TitleRank rank;
    std::string_view titles;
};

constexpr std::array kTitles{
    FieldTitles{"project_id", kUsual,
                "id|record id|deal id|opportunity id|lead id|item id|object id|crm id|external id|hs object id|key|"
                "projektnummer|projekt nr|vorgangsnummer|chancen id|referenz|"
                "numero de projet|reference|identifiant|"
                "numero de proyecto|referencia|identificador|"
                "numero do projeto|codigo|"
                "projectnummer|kenmerk|referentie|"
                "numer projektu|identyfikator|"
                "מזהה|מספר פרויקט|מספר עסקה"},
    FieldTitles{"project_name", kUsual,
                "project|name|title|deal|deal name|deal title|opportunity name|opportunity|topic|subject|job name|"
                "projekt|projektname|bezeichnung|titel|vorgang|betreff|bauvorhaben|"
                "nom|nom du projet|projet|intitule|affaire|nom de l'affaire|objet|"
                "nombre|nombre del proyecto|proyecto|titulo|nombre del negocio|asunto|"
                "nome|nome do projeto|projeto|nome do negócio|assunto|"
                "naam|projectnaam|onderwerp|dealnaam|"
                "nazwa|nazwa projektu|temat|tytul|"
                "שם|שם הפרויקט|שם פרויקט|שם העסקה|נושא|פרויקט"},
    FieldTitles{
        "pipeline_stage", kUsual,
        "stage|deal stage|stage name|sales stage|opportunity stage|project stage|phase|pipeline phase|sales phase|"
        "stufe|verkaufsphase|vertriebsphase|verkaufsstufe|projektphase|auftragsphase|vertriebsstatus|angebotsstatus|"
        "étape|étape de vente|phase de vente|étape du pipeline|étape commerciale|avancement|"
        "etapa|etapa de venta|etapa del negocio|fase|fase de venta|"
        "etapa da venda|etapa do negócio|etapa do funil|fase da venda|"
        "verkoopfase|dealfase|stadium|"
        "etap|etap sprzedaży|faza|etap transakcji|"
        "שלב|שלב מכירה|שלב בעסקה|שלב העסקה"},
    FieldTitles{"pipeline_stage", kPossible,
                "status|deal status|state|opportunity status|pipeline|"
                "zustand|projektstatus|auftragsstatus|"
                "statut|état|statut de l'affaire|"
                "estado|estado del negocio|situación|"
                "situação|status do negócio|"
                "dealstatus|"
                "stan|"
                "סטטוס|מצב|סטאטוס"},
    FieldTitles{"type", kUsual,
                "deal type|opportunity type|project type|type of project|"
                "art|projektart|auftragsart|projekttyp|"
                "type de projet|type d'affaire|"
                "tipo|tipo de proyecto|tipo de negocio|"
                "tipo de projeto|tipo de negócio|"
                "soort|projecttype|soort project|"
                "typ|typ projektu|rodzaj|"
                "סוג|סוג פרויקט|סוג עסקה"},
    FieldTitles{"category", kUsual,
                "industry|sector|segment|market segment|vertical|categories|"
                "kategorie|branche|sparte|segment|sektor|"
                "catégorie|secteur|secteur d'activité|"
                "categoría|industria|sector|segmento|rubro|"
                "categoria|setor|indústria|"
                "sector|branche|categorie|"
                "kategoria|branża|sektor|"
                "קטגוריה|תחום|ענף|סקטור"},
    FieldTitles{"category", kLast, "deal size|projektgröße|taille|tamaño|tamanho|omvang|wielkość|גודל עסקה"},
    FieldTitles{"zip_code", kUsual,
                "zip|postcode|postal code|plz|postleitzahl|code postal|código postal|cep|kod pocztowy|מיקוד"},
    FieldTitles{
        "sales_representative", kUsual,
        "sales rep|sales representative|owner|deal owner|owner name|opportunity owner|account executive|sales owner|"
        "salesperson|sales person|assigned to|assignee|account manager|responsible|responsible person|"
        "besitzer|inhaber|verantwortlich|verantwortlicher|verantwortliche|zuständig|zuständiger|betreuer|vertrieb|"
        "vertriebler|vertriebsmitarbeiter|verkäufer|kundenbetreuer|bearbeiter|"
        "propriétaire|responsable|commercial|commerciale|chargé d'affaires|vendeur|suivi par|"
        "propietario|comercial|vendedor|ejecutivo de ventas|asesor|asignado a|"
        "proprietário|responsável|vendedor responsável|"
        "eigenaar|verantwoordelijke|verkoper|"
        "właściciel|opiekun|opiekun klienta|handlowiec|sprzedawca|osoba odpowiedzialna|"
        "אחראי|בעלים|איש מכירות|נציג|נציג מכירות|מנהל תיק|אחראי מכירה"},
    FieldTitles{"sales_representative", kPossible,
                "person|people|lead|sales|personne|personnes|persona|personas|pessoa|persoon|osoba|zuständigkeit|איש"},
    FieldTitles{"funding", kUsual,
                "funding source|finanzierung|financement|financiación|financiamento|financiering|finansowanie|מימון"},
    FieldTitles{"feedback", kUsual,
                "customer feedback|rückmeldung|kundenfeedback|retour client|retroalimentación|terugkoppeling|משוב"},
    FieldTitles{
        "lost_to_who_or_why", kUsual,
        "lost to|lost reason|loss reason|reason lost|reason for loss|closed lost reason|why lost|lost to competitor|"
        "verlustgrund|absagegrund|grund der absage|ablehnungsgrund|verloren an|"
        "raison de perte|raison de la perte|motif de perte|perdu contre|motif de refus|"
        "motivo de pérdida|razón de pérdida|motivo de cierre perdido|"
        "motivo da perda|motivo de perda|"
        "reden verlies|verliesreden|reden van verlies|reden afwijzing|"
        "powód przegranej|powód utraty|przyczyna przegranej|"
        "סיבת הפסד|סיבת אי סגירה|סיבה להפסד"},
    FieldTitles{
        "account", kUsual,
        "accounts|account name|customer|customers|customer name|client|clients|client name|company|company name|"
        "organization|organisation|organization name|buyer|potential customer|"
        "kunde|kunden|kundenname|firma|unternehmen|auftraggeber|bauherr|"
        "nom du client|société|entreprise|compte|comptes|maître d'ouvrage|"
        "cliente|clientes|empresa|empresas|cuenta|cuentas|nombre del cliente|organización|"
        "nome do cliente|conta|contas|organização|"
        "klant|klanten|klantnaam|bedrijf|opdrachtgever|relatie|"
        "klient|klienci|nazwa klienta|kontrahent|"
        "לקוח|לקוחות|שם לקוח|שם הלקוח|חברה|חשבון|חשבונות|ארגון|מזמין"},
    FieldTitles{"product_type", kUsual,
                "product|products|product line|product family|product name|service|services|"
                "produkt|produkte|produktart|produktgruppe|produkttyp|leistung|gewerk|"
                "produit|produits|gamme|type de produit|"
                "producto|productos|servicio|línea de producto|tipo de producto|"
                "produto|produtos|serviço|serviços|tipo de produto|"
                "producten|dienst|productgroep|"
                "produkty|usługa|rodzaj produktu|"
                "מוצר|מוצרים|שירות|סוג מוצר"},
    FieldTitles{
        "date_created", kUsual,
        "created|created on|created at|created date|create date|creation date|creation log|deal creation date|"
        "date added|added on|entry date|enquiry date|inquiry date|date received|added time|add time|created time|"
        "erstellt|erstellt am|erstelldatum|erstellungsdatum|angelegt am|anlagedatum|anfragedatum|eingangsdatum|"
        "anfrage vom|"
        "date de création|créé le|créée le|création|date d'entrée|date de la demande|"
        "fecha de creación|creado|creado el|fecha de alta|fecha de solicitud|"
        "data de criação|criado em|criação|data de abertura|data do pedido de orçamento|"
        "aangemaakt|aangemaakt op|aanmaakdatum|datum aanvraag|"
        "data utworzenia|utworzono|data dodania|data zapytania|"
        "תאריך יצירה|נוצר|נוצר בתאריך|תאריך פתיחה|נוצר ב|תאריך פנייה"},
    FieldTitles{
        "expected_start_date", kUsual,
        "expected start|expected close date|expected close|expected closing|expected closing date|est close date|"
        "estimated close date|estimated closing date|estimated close|forecast close date|projected close date|"
        "planned close date|anticipated close date|expected order date|expected decision date|expected date|"
        "erwarteter abschluss|erwartetes abschlussdatum|voraussichtlicher abschluss|voraussichtliches abschlussdatum|"
        "geplanter abschluss|abschluss geplant|erwarteter auftragseingang|geplanter auftragseingang|"
        "voraussichtlicher auftragseingang|erwartetes auftragsdatum|geplanter baubeginn|"
        "date de clôture prévue|date prévue de clôture|clôture prévue|date de clôture estimée|date de signature prévue|"
        "signature prévue|date de closing prévue|date prévisionnelle|date prévue|"
        "fecha de cierre prevista|fecha prevista de cierre|fecha de cierre esperada|fecha estimada de cierre|"
        "fecha de cierre estimada|cierre previsto|cierre esperado|fecha prevista|"
        "data prevista de fechamento|data de fechamento prevista|fechamento previsto|previsão de fechamento|"
        "data prevista de fecho|fecho previsto|data prevista|"
        "verwachte sluitingsdatum|verwachte afsluitdatum|verwachte orderdatum|verwachte sluiting|"
        "oczekiwana data zamknięcia|przewidywana data zamknięcia|planowana data zamknięcia|planowane zamknięcie|"
        "תאריך סגירה צפוי|תאריך סגירה משוער|סגירה צפויה|צפי סגירה|תאריך צפוי|תאריך צפוי לסגירה"},
    FieldTitles{"expected_start_date", kPossible,
                "close date|closing date|close|closes on|deal close date|decision date|start date|start|"
                "abschluss|abschlussdatum|abschlusstermin|entscheidungsdatum|baubeginn|startdatum|beginn|projektstart|"
                "date de clôture|date de closing|clôture|date de début|date de décision|démarrage|"
                "fecha de cierre|cierre|fecha de inicio|fecha de decisión|"
                "data de fechamento|fechamento|data de fecho|fecho|data de início|data de decisão|"
                "sluitingsdatum|afsluitdatum|beslisdatum|"
                "data zamknięcia|zamknięcie|data rozpoczęcia|data decyzji|"
                "תאריך סגירה|סגירה|תאריך התחלה|תאריך החלטה"},
    FieldTitles{"expected_start_date", kLast,
                "due date|deadline|target date|due|"
                "zieldatum|fällig am|fälligkeit|termin|"
                "échéance|date d'échéance|date limite|date cible|"
                "vencimiento|fecha límite|fecha objetivo|"
                "vencimento|prazo|data alvo|"
                "vervaldatum|streefdatum|"
                "termin realizacji|"
                "תאריך יעד|דדליין"},
    FieldTitles{
        "date_order_received", kUsual,
        "order received|order date|date of order|won date|date won|won on|won time|closed won date|actual close date|"
        "actual closing date|signed on|signature date|contract date|contract signed|award date|po date|"
        "auftragsdatum|auftragseingang|bestelldatum|gewonnen am|vertragsdatum|auftrag vom|"
        "date de commande|date de signature|signé le|gagné le|date de gain|"
        "fecha de pedido|fecha de firma|ganado el|fecha de cierre real|"
        "data do pedido|data de assinatura|ganho em|data de ganho|"
        "orderdatum|besteldatum|gewonnen op|tekendatum|opdrachtdatum|"
        "data zamówienia|data podpisania|data wygranej|wygrano|"
        "תאריך הזמנה|תאריך חתימה|תאריך זכייה|תאריך סגירה בפועל"},
    FieldTitles{
        "date_order_received", kLast,
        "close date|closing date|deal close date|abschluss|abschlussdatum|date de clôture|date de closing|"
        "fecha de cierre|data de fechamento|data de fecho|sluitingsdatum|afsluitdatum|data zamknięcia|תאריך סגירה"},
    FieldTitles{"follow_up_date", kUsual,
                "follow up|followup|next follow up|next step date|next action date|next activity date|next contact|"
                "next activity|next call|"
                "wiedervorlage|nächste aktivität|nächster kontakt|nachfassen am|nachfassen|"
                "relance|date de relance|prochaine action|prochaine relance|prochain contact|"
                "seguimiento|próximo seguimiento|fecha de seguimiento|próximo contacto|próxima actividad|"
                "próximo contato|acompanhamento|data de acompanhamento|próxima atividade|"
                "opvolgdatum|opvolging|volgende actie|volgend contact|"
                "następny kontakt|data kontaktu|następne działanie|"
                "תאריך מעקב|מעקב|פולו אפ|תזכורת|שיחה הבאה"},
    FieldTitles{"first_date_designed", kUsual, "design date|designed on|date designed|planungsdatum|date d'étude"},
    FieldTitles{"first_date_designed", kPossible,
                "quote date|offer date|proposal date|quoted on|angebotsdatum|angebot vom|date du devis|date de devis|"
                "fecha de oferta|fecha de presupuesto|data da proposta|data do orçamento|offertedatum|data oferty|"
                "תאריך הצעה|תאריך הצעת מחיר"},
    FieldTitles{
        "first_date_invoiced", kUsual,
        "invoice date|invoiced on|date invoiced|billing date|rechnungsdatum|abgerechnet am|date de facture|"
        "date de facturation|facturé le|fecha de factura|data da fatura|data de faturamento|factuurdatum|data faktury|"
        "תאריך חשבונית"},
    FieldTitles{"probability_percent", kUsual,
                "probability|win probability|close probability|closing probability|deal probability|likelihood|chance|"
                "chance of winning|confidence|win chance|"
                "wahrscheinlichkeit|abschlusswahrscheinlichkeit|auftragswahrscheinlichkeit|gewinnwahrscheinlichkeit|"
                "probabilité|probabilité de gain|probabilité de clôture|probabilité de signature|chances|"
                "probabilidad|probabilidad de cierre|"
                "probabilidade|probabilidade de fechamento|probabilidade de ganho|"
                "kans|waarschijnlijkheid|slagingskans|scoringskans|winkans|"
                "prawdopodobieństwo|szansa|szanse|prawdopodobieństwo wygranej|"
                "סיכוי|סיכויים|הסתברות|סיכוי סגירה|סיכוי לסגירה|הסתברות לסגירה"},
    FieldTitles{
        "new_enquiry_value", kUsual,
        "value|amount|deal value|deal amount|deal size|opportunity value|opportunity amount|contract value|"
        "total contract value|tcv|acv|est revenue|estimated revenue|estimated value|potential revenue|quote value|"
        "quote amount|quoted amount|offer value|bid value|enquiry value|inquiry value|potential value|"
        "wert|betrag|summe|angebotswert|angebotssumme|volumen|projektvolumen|projektwert|projektsumme|"
        "angebotsvolumen|nettowert|erwarteter umsatz|"
        "montant|montant ht|montant du devis|montant de l'affaire|valeur|valeur de l'affaire|valeur du deal|"
        "chiffre d'affaires|ca|ca estimé|ca potentiel|ca prévisionnel|budget|"
        "importe|monto|valor|valor del negocio|valor de la oportunidad|importe estimado|ingresos estimados|"
        "valor do negócio|valor da oportunidade|valor do contrato|valor estimado|valor da proposta|montante|"
        "waarde|bedrag|dealwaarde|offertebedrag|offertewaarde|verwachte omzet|"
        "wartość|kwota|wartość transakcji|wartość szansy|wartość oferty|wartość projektu|budżet|"
        "שווי|שווי עסקה|שווי העסקה|סכום|סכום עסקה|סכום העסקה|ערך|ערך העסקה|היקף עסקה|סכום הצעה"},
    FieldTitles{"new_enquiry_value", kPossible,
                "project value|expected revenue|expected value|revenue|price|total|total value|total amount|net value|"
                "auftragswert|auftragssumme|auftragsvolumen|umsatz|preis|gesamt|gesamtsumme|"
                "prix|total ht|revenu|revenu attendu|"
                "ingresos|precio|ingresos esperados|"
                "receita|receita esperada|receita estimada|preço|"
                "orderwaarde|omzet|prijs|totaal|"
                "przychód|cena|suma|"
                "הכנסה|הכנסה צפויה|מחיר|היקף"},
    FieldTitles{
        "total_order_value", kUsual,
        "order value|order amount|won value|won amount|actual value|actual revenue|closed amount|po value|po amount|"
        "bestellwert|bestellsumme|"
        "montant commandé|montant de la commande|montant signé|ca signé|"
        "importe del pedido|valor del pedido|ingresos reales|"
        "valor do pedido|receita real|"
        "orderbedrag|opdrachtsom|"
        "wartość zamówienia|"
        "סכום הזמנה|ערך הזמנה|שווי הזמנה"},
    FieldTitles{"total_order_value", kLast, "auftragswert|auftragssumme|auftragsvolumen|orderwaarde"},
    FieldTitles{"total_amount_invoiced", kUsual,
                "amount invoiced|invoiced|invoiced amount|invoice amount|billed|billed amount|invoice total|"
                "fakturiert|abgerechnet|rechnungsbetrag|rechnungssumme|"
                "facturé|montant facturé|montant facturé ht|"
                "facturado|importe facturado|"
                "faturado|valor faturado|"
                "gefactureerd|gefactureerd bedrag|factuurbedrag|"
                "zafakturowano|kwota faktury|"
                "חויב|סכום חשבונית|סכום שחויב"},
    FieldTitles{"project_value", kLast, "project value|projektwert|projectwaarde|wartość projektu"},
    FieldTitles{"weighted_pipeline", kUsual,
                "weighted value|weighted amount|weighted revenue|forecast value|forecast amount|prorated revenue|"
                "gewichteter wert|gewichteter umsatz|gewichteter betrag|"
                "montant pondéré|valeur pondérée|ca pondéré|"
                "importe ponderado|valor ponderado|"
                "receita ponderada|"
                "gewogen waarde|gewogen bedrag|"
                "wartość ważona|"
                "ערך משוקלל|שווי משוקלל|סכום משוקלל"},
    FieldTitles{"weighted_pipeline", kLast, "expected revenue|expected value|erwarteter umsatz|revenu attendu"},
    FieldTitles{"gestation_period", kPossible,
                "deal length|sales cycle|days to close|sales cycle length|verkaufszyklus|durée du cycle|ciclo de venta|"
                "ciclo de venda|verkoopcyclus"},
};

// Words that say only that a deal is meant: "Deal - Value", "Opportunity Stage", "Projekt-Nr".
constexpr std::array<std::string_view, 24> kSubjects{
    "deal",   "deals",    "opportunity", "opportunities", "opp",     "project",  "projekt",     "projektu",
    "projet", "projeto",  "proyecto",    "affaire",       "negocio", "negocios", "oportunidad", "oportunidade",
    "chance", "geschaft", "verkauf",     "vertrieb",      "lead",    "עסקה",     "העסקה",       "הפרויקט"};

// Units and what else is only said in addition.
constexpr std::array<std::string_view, 40> kAdditions{
    "eur",  "euro", "usd",  "gbp", "chf",  "pln", "ils",   "nis",     "brl",     "mxn", "cad", "aud",   "sek", "nok",
    "dkk",  "czk",  "huf",  "zl",  "in",   "en",  "em",    "percent", "prozent", "pct", "net", "netto", "ht",  "k",
    "keur", "tsd",  "excl", "vat", "mwst", "btw", "total", "gesamt",  "of",      "the", "שח",  "אחוז"};

bool is_one_of(std::string_view word, const auto &list) {
    return std::ranges::find(list, word) != std::ranges::end(list);
}

std::string without_brackets(std::string_view title) {
    std::string rest;
    int depth = 0;
    for (const char character : title) {
        if (character == '(' || character == '[') ++depth;
        if (depth == 0) rest += character;
        if ((character == ')' || character == ']') && depth > 0) --depth;
    }
    return rest;
}

void add_key(std::vector<std::string> &keys, std::string key) {
    if (!key.empty() && std::ranges::find(keys, key) == keys.end()) keys.push_back(std::move(key));
}

using Dictionary = std::unordered_map<std::string, std::vector<FieldCandidate>>;

void add_title(Dictionary &dictionary, std::string_view title, FieldCandidate candidate) {
    std::vector<FieldCandidate> &candidates = dictionary[joined(folded_words(title))];
    const auto same = std::ranges::find(candidates, candidate.field, &FieldCandidate::field);
    if (same == candidates.end()) {
        candidates.push_back(candidate);
    } else {
        same->rank = std::min(same->rank, candidate.rank);
    }
}

Dictionary make_dictionary() {
    Dictionary dictionary;
    for (const ImportField &field : import_fields()) {
        // To a team with one board it is what a project is worth; only beside such a column it is the sum of its
        // quotes.
        if (field.name != "project_value") add_title(dictionary, field.name, {field.name, kName});
    }
    for (const FieldTitles &entry : kTitles) {
        std::string_view rest = entry.titles;
        while (!rest.empty()) {
            const std::size_t bar = std::min(rest.find('|'), rest.size());
            add_title(dictionary, rest.substr(0, bar), {entry.field, entry.rank});
            rest.remove_prefix(std::min(bar + 1, rest.size()));
        }
    }
    for (auto &[title, candidates] : dictionary) std::ranges::stable_sort(candidates, {}, &FieldCandidate::rank);
    return dictionary;
}

const Dictionary &field_dictionary() {
    static const Dictionary dictionary = make_dictionary();
    return dictionary;
}

FieldKind kind_of_field(std::string_view name) {
    const ImportField *field = find_import_field(name);
    return field == nullptr ? FieldKind::kText : field->kind;
}

// A stage is a word; a place may be a number.
bool title_fits(std::string_view field, Content content) {
    if (field == "zip_code" && content == Content::kNumber) return true;
    if (content == Content::kPeople) return field == "sales_representative";
    return can_hold(kind_of_field(field), content);
}

}  // namespace

std::vector<std::string> title_keys(std::string_view title) {
    std::vector<std::string> keys;
    add_key(keys, joined(folded_words(title)));
    std::vector<std::string> words = folded_words(without_brackets(title));
    add_key(keys, joined(words));
    std::erase_if(words, [](const std::string &word) { return is_one_of(word, kAdditions); });
    add_key(keys, joined(words));
    std::erase_if(words, [](const std::string &word) { return is_one_of(word, kSubjects); });
    add_key(keys, joined(words));
    return keys;
}

std::vector<FieldCandidate> recognise_field(std::string_view title, Content content) {
    for (const std::string &key : title_keys(title)) {
        const auto found = field_dictionary().find(key);
        if (found == field_dictionary().end()) continue;
        std::vector<FieldCandidate> fitting;
        std::ranges::copy_if(found->second, std::back_inserter(fitting),
                             [&](const FieldCandidate &each) { return title_fits(each.field, content); });
        if (!fitting.empty()) return fitting;
    }
    return {};
}

std::string_view to_string(TitleRank rank) noexcept {
    switch (rank) {
        case kName: return "title";
        case kUsual: return "usual title";
        case kPossible: return "possible title";
        case kLast: return "possible title, since its usual field has another column";
    }
    return "";
}

}  // namespace pipeline_forecast

"""Typed text becomes topics: the ten examples of the field, every trap in both readings, every kind of school."""

import time

import pytest

from matcher.subjects.levels import Level
from matcher.subjects.nearness import closeness
from matcher.subjects.recognise import Suggested, suggest_topics
from matcher.subjects.vocabulary import shipped_vocabulary

VOCABULARY = shipped_vocabulary()
BANK = "Ik werk bij een bank en leg uit hoe je een hypotheek of lening krijgt"

# Request, what it must be about, an offer that fits, what that is about.
EXAMPLES = [
    (
        "Wie laat 4 havo rekenen aan het rendement van een warmtepomp?",
        {"heating", "physics"},
        "Installateur: ik monteer warmtepompen en zonnepanelen en laat zien hoe een huis zonder gas warm wordt",
        {"installation_sector", "heating", "energy"},
    ),
    (
        "Groep 7/8, thema water in de wijk: hoe werkt een gemaal?",
        {"water", "nature_technology_po"},
        "Ik ben dijkinspecteur bij het waterschap en vertel hoe we droge voeten houden",
        {"water_sector"},
    ),
    (
        "3 vmbo-bb Z&W: een echte dag in de thuiszorg",
        {"zw", "home_care"},
        "Wijkverpleegkundige: mijn route langs tien mensen op één ochtend",
        {"home_care"},
    ),
    (
        "Mbo 2 kok: slim inkopen en minder weggooien",
        {"mbo_cook", "food_waste"},
        "Rondleiding in de groentehal: zo koop je verse groente en fruit",
        {"food_trade"},
    ),
    (
        "5 vwo wiskunde A: hoe bepaalt een verzekeraar je premie?",
        {"maths_a", "insurance"},
        "I am an actuary and show how we put a price on risk. Online, English only.",
        {"actuarial"},
    ),
    (
        "Vso, 6 leerlingen, uitstroom arbeid: band plakken",
        {"pro_work", "bicycles"},
        "Fietsenmaker laat leerlingen zelf een fiets opknappen, alleen op maandag",
        {"bicycles"},
    ),
    (
        "CKV 4 havo: geluid bij games",
        {"ckv", "sound_acoustics", "gaming"},
        "Sound designer: maak in twee lesuren zelf de geluiden van een game",
        {"sound_acoustics", "gaming"},
    ),
    (
        "2 dagen meelopen in een drinkwaterlab, mag in de meivakantie",
        {"laboratory", "water"},
        "Docentstage in ons zuivellab: monsters nemen en kwaliteit meten",
        {"laboratory"},
    ),
    (
        "2 dagdelen PIE, lassen en verspanen, 3/4 vmbo-kb, vanaf augustus",
        {"pie", "metalworking"},
        "Monteur in ploegendienst bij een metaalbedrijf, wil lesgeven, nog geen PDG",
        {"technical_service", "manufacturing_sector"},
    ),
    (
        "LOB-dag 3 havo/vwo: 12 beroepen, 3 rondes van 25 minuten, niet alleen techniek",
        {"lob"},
        "Ondernemersvereniging: onze leden vertellen over hun beroep, van bakker tot notaris",
        {"lob", "business_network"},
    ),
]

# A trap word in its readings: text, what it must suggest, what it must not.
TRAPS = [
    ("Wat doet een bank met je geld?", {"banking"}, set()),
    ("4 havo economie: rente en een lening bij de bank", {"economics", "banking"}, set()),
    ("Een bank van hout timmeren voor op het schoolplein", {"woodworking"}, {"banking", "finance_sector"}),
    ("Vrijwilligers van de voedselbank vertellen", {"poverty_debt"}, {"banking", "finance_sector"}),
    ("We zagen aan de werkbank een vogelhuisje", {"woodworking"}, {"banking"}),
    ("Op de bank in de hal wachten de leerlingen", set(), {"banking", "finance_sector", "woodworking"}),
    ("3 vwo: wat gebeurt er in een cel met dna?", {"biology", "medicines_biotech"}, {"law"}),
    ("Hoe is het leven in een cel? Een bewaarder van de gevangenis vertelt", {"law"}, {"biology"}),
    ("Hoe werkt een zonnecel?", {"energy"}, {"biology", "law"}),
    ("4 havo: kracht en versnelling meten in een achtbaan", {"physics"}, {"sports"}),
    ("Kracht en spieren: training met een fitnesscoach", {"sports"}, {"physics"}),
    ("Extra leerkracht of werkkracht gezocht", set(), {"physics", "sports", "hbo_teacher"}),
    ("Hoe komt stroom in je huis?", {"electricity"}, {"water"}),
    ("De stroom van een rivier meten", {"water"}, {"electricity"}),
    ("Instroom, doorstroom en uitstroom van leerlingen", set(), {"electricity", "water"}),
    ("Uitstroom arbeid, vso", {"pro_work"}, {"electricity"}),
    ("Een netwerk aanleggen met router en switch", {"networks_it"}, {"job_search"}),
    ("Je netwerk gebruiken om een stageplek te vinden, met LinkedIn", {"job_search"}, {"networks_it"}),
    ("Ons netwerk van scholen zoekt sprekers", set(), {"networks_it", "electricity"}),
    ("Werken in de bouw: een dag op de bouwplaats", {"construction_sector"}, set()),
    ("Les voor de onderbouw en de bovenbouw", set(), {"construction_sector", "building"}),
    ("De opbouw van een betoog", {"dutch"}, {"construction_sector", "building"}),
    ("Landbouw op de klei", {"agriculture_sector"}, {"construction_sector"}),
    ("Een oud vak: een meester in zijn ambacht", {"crafts"}, set()),
    ("Welk vak vind je leuk? Het vak is op dinsdag, in de vakantie niet", set(), {"crafts"}),
    ("Licht en geluid op de stage bij een concert", {"theatre_stage"}, {"job_search"}),
    ("Een brief schrijven om een stage te vinden: solliciteren", {"job_search"}, {"theatre_stage"}),
    ("Docentstage van twee dagen", set(), {"theatre_stage", "job_search"}),
    ("Een verpleegkundige van de IC vertelt", {"mbo_nursing", "hospital"}, {"ict_sector", "networks_it"}),
    ("Iemand die in de ICT werkt", {"ict_sector"}, {"hospital"}),
    ("PIE in de werkplaats", {"pie"}, set()),
    ("Baking an apple pie", {"baking"}, {"pie"}),
    ("Frysk: Fries schrijven en lezen in groep 6", {"frisian"}, set()),
    ("Een Friese ondernemer uit Friesland", {"entrepreneurship"}, {"frisian"}),
    ("Burger and fries: cooking like a pro", {"cooking"}, {"frisian"}),
    ("Het weer voorspellen met een weerstation", {"weather_climate"}, set()),
    ("We komen graag weer langs", set(), {"weather_climate"}),
    ("Hoe maakt een computervirus je laptop kapot?", {"cybersecurity"}, {"medicines_biotech"}),
    ("Een virus en je afweer: hoe werkt een vaccin?", {"medicines_biotech"}, {"cybersecurity"}),
    ("Wij zorgen voor koffie", {"hospitality_service"}, {"care"}),
    ("Rekenen met breuken, groep 6", {"arithmetic"}, set()),
]

# Text, what it must suggest. Every kind of school and of work, in both languages.
TEXTS = [
    ("nask 2 vmbo: zuren en basen in huis", {"science_nask", "chemistry"}),
    ("Natuur- en scheikunde voor 3 vmbo-tl", {"science_nask"}),
    ("mens & natuur, 2 havo: bodemdiertjes zoeken", {"people_nature", "nature"}),
    ("Mens en maatschappij brugklas: wonen in de stad", {"people_society"}),
    ("E&O: een eigen webshop beginnen", {"eo", "retail"}),
    ("Economie en ondernemen, 4 vmbo-kb, etaleren", {"eo", "retail"}),
    ("D&P 3 kader: evenement organiseren", {"dp", "tourism_events"}),
    ("HBR: taart bakken voor een buffet", {"hbr", "baking"}),
    ("T&T: een slimme kas met sensoren", {"tt", "chips_sensors"}),
    ("BWI: een muur metselen", {"bwi", "building"}),
    ("M&T: remmen van een scooter", {"mt", "vehicles"}),
    ("MVI: logo en huisstijl ontwerpen", {"mvi", "graphic_design"}),
    ("Zorg en welzijn: werken met ouderen met dementie", {"zw", "elderly_care"}),
    ("Profiel groen, bloemschikken", {"groen", "flowers"}),
    ("NT2-klas op de isk: hoe vind je werk in Nederland?", {"nt2"}),
    ("Nieuwkomers leren Nederlands met een tolk", {"nt2", "languages_at_work"}),
    ("Burgerschap mbo 2: schulden en de voedselbank", {"citizenship", "poverty_debt"}),
    ("Burgerschap groep 8: op bezoek bij de burgemeester", {"citizenship", "government_sector"}),
    ("Groep 5: dieren op de kinderboerderij", {"animals"}),
    ("Kleuters: de brandweer op bezoek", {"fire_rescue"}),
    ("Groep 6 verkeersles met een vrachtwagen, dode hoek", {"traffic", "vehicles"}),
    ("Wereldoriëntatie groep 7: het zonnestelsel", {"world_orientation", "space"}),
    ("Groep 8: programmeren met Scratch en micro:bit", {"programming", "chips_sensors"}),
    ("Techniekdag groep 7/8 robots bouwen", {"nature_technology_po", "robotics"}),
    ("Praktijkonderwijs: heftruck en magazijn", {"pro_logistics"}),
    ("Pro 3 schoonmaakles bij een hotel", {"pro_cleaning", "hospitality_sector"}),
    ("Vso, zelfredzaamheid: koken en wassen", {"pro_living", "cooking"}),
    ("Schooltuin: groente zaaien met een hovenier", {"pro_green", "mbo_gardening"}),
    ("Mbo 4 verpleegkunde: wondzorg in de wijk", {"mbo_nursing"}),
    ("Mbo 3 pedagogisch werk: peuters met een taalachterstand", {"mbo_childcare", "childcare"}),
    ("Mbo 4 laboratoriumtechniek: monsters op microbiologie", {"mbo_lab", "laboratory"}),
    ("Mbo 2 autotechniek: elektrische auto veilig openen", {"mbo_automotive", "vehicles"}),
    ("Mbo 3 kapper: vlechten en haar knippen", {"mbo_hair", "hair_beauty"}),
    ("Mbo 4 juridisch: op de rechtbank", {"law"}),
    ("Mbo entree: werknemersvaardigheden", {"mbo_entree", "pro_work"}),
    ("Mbo 3 veehouderij: robot die koeien melkt", {"mbo_agri", "robotics"}),
    ("Mbo 4 mechatronica: PLC en cobots", {"mbo_mechatronics"}),
    ("Mbo 2 logistiek medewerker: een dag in een distributiecentrum", {"mbo_logistics", "transport_sector"}),
    ("Mbo 4 sport en bewegen: krachttraining voor jongeren", {"mbo_sport", "sports"}),
    ("Hbo verpleegkunde: ethiek op de IC", {"mbo_nursing", "philosophy", "hospital"}),
    ("Scheikunde 5 vwo: medicijnen maken in een lab", {"chemistry", "medicines_biotech", "laboratory"}),
    ("Wiskunde B in de bruggenbouw", {"maths_b"}),
    ("Informatica 5 havo: hoe houdt een hacker zich aan de wet?", {"informatics", "cybersecurity"}),
    ("Geschiedenis: een veteraan vertelt over de oorlog", {"history", "war_peace"}),
    ("Aardrijkskunde 2 vwo: klimaatverandering en de kust", {"geography", "climate"}),
    ("Maatschappijleer: een rechter over straf", {"civics", "law"}),
    ("Filosofie: mag kunstmatige intelligentie beslissen?", {"philosophy", "ai"}),
    ("Duits voor de handel, 4 vmbo-tl", {"german"}),
    ("Latijn op straat, 3 gymnasium", {"classics"}),
    ("Muziek: een liedje opnemen met een producer", {"music", "sound_acoustics"}),
    ("Beeldende vorming: keramiek in een atelier", {"visual_arts"}),
    ("Gymles streetdance", {"pe", "dance"}),
    ("Profielwerkstuk over waterstof", {"project_research", "energy"}),
    ("O&O-opdracht voor de technasiumklas: een drone", {"technasium", "robotics"}),
    ("Mediawijsheid groep 8: nepnieuws herkennen", {"media_literacy", "journalism"}),
    ("Digitale geletterdheid voor de onderbouw", {"digital_literacy"}),
    ("Sollicitatietraining voor 4 vmbo", {"job_search"}),
    ("EHBO en reanimatie in de klas", {"first_aid"}),
    ("Wat verdient een influencer? Omgaan met geld", {"social_media", "money_matters"}),
    ("Gastles over belasting door iemand van de belastingdienst", {"taxes", "government_sector"}),
    ("Kleding van de toekomst: van katoen tot spijkerbroek", {"fashion_textiles"}),
    ("Een goudsmid laat sieraden maken", {"mbo_crafts", "crafts"}),
    ("Een uitvaartondernemer over rouw", {"personal_services_sector", "death_grief"}),
    ("Een boswachter neemt groep 4 mee naar het bos", {"mbo_gardening", "nature"}),
    ("Verpleegkundigen en artsen van het ziekenhuis", {"mbo_nursing", "hospital"}),
    ("Bouwkundige tekent een tiny house", {"mbo_construction", "building"}),
    ("Chips maken: een machine van ASML uitgelegd", {"hightech_sector", "chips_sensors"}),
    ("Piloot vertelt over de luchtvaart", {"aviation"}),
    ("Schipper in de binnenvaart", {"mbo_maritime", "maritime_sector"}),
    ("A nurse talks about working in a hospital", {"mbo_nursing", "hospital"}),
    ("How a heat pump works, by a heating engineer", {"heating", "mbo_installation"}),
    ("Robots in greenhouses and farming", {"robotics", "farming"}),
    ("A chef shows how to waste less food", {"mbo_cook", "food_waste"}),
    ("Careers day: lawyers, bakers and game developers", {"lob", "law", "mbo_baker", "mbo_game"}),
    ("Cyber security for beginners", {"cybersecurity"}),
    ("Start your own business plan", {"entrepreneurship"}),
]


def codes(text: str, limit: int = 6, levels: tuple[Level, ...] = ()) -> set[str]:
    return {found.code for found in suggest_topics(text, VOCABULARY, limit, levels)}


@pytest.mark.parametrize(("request_text", "asked", "offer_text", "offered"), EXAMPLES)
def test_example_request_and_fitting_offer_meet_and_bank_stays_out(
    request_text: str, asked: set[str], offer_text: str, offered: set[str]
):
    assert asked <= codes(request_text)
    assert offered <= codes(offer_text)
    assert closeness(codes(request_text), codes(offer_text), VOCABULARY) >= 0.6


def test_bank_is_no_common_topic_with_warmtepomp():
    asked = codes(EXAMPLES[0][0])
    assert codes(BANK) >= {"banking", "finance_sector"}
    assert not asked & codes(BANK)
    assert closeness(asked, codes(BANK), VOCABULARY) < 0.6


@pytest.mark.parametrize(("text", "meant", "not_meant"), TRAPS)
def test_trap_is_read_as_meant(text: str, meant: set[str], not_meant: set[str]):
    found = codes(text)
    assert meant <= found
    assert not not_meant & found


@pytest.mark.parametrize(("text", "meant"), TEXTS)
def test_short_text_suggests_its_topics(text: str, meant: set[str]):
    assert meant <= codes(text)


@pytest.mark.parametrize("text", ["", "   ", "Wie wil langskomen op dinsdag?", "4 havo", "!!! 123 &&& ÿ", "x" * 5000])
def test_text_without_topic_suggests_nothing(text: str):
    assert codes(text) == set()


def test_suggestion_says_which_words_led_to_it():
    found = {s.code: s for s in suggest_topics("Warmtepompen, en een verpleegkundige van de IC", VOCABULARY)}
    assert found["heating"].matched == "Warmtepompen"
    assert found["hospital"].matched == "IC"
    assert found["mbo_nursing"].matched == "verpleegkundige"


def test_ambiguous_word_names_its_cue():
    (found,) = [s for s in suggest_topics("De stroom van een rivier", VOCABULARY) if s.code == "water"]
    assert "rivier" in found.matched


def test_suggestions_are_ordered_limited_and_always_the_same():
    text = "Robots, games, muziek, theater, water, energie, afval, koken, bloemen en dieren"
    found = suggest_topics(text, VOCABULARY, limit=4)
    assert len(found) == 4
    assert [s.weight for s in found] == sorted((s.weight for s in found), reverse=True)
    assert found == suggest_topics(text, VOCABULARY, limit=4)


def test_subject_is_implied_by_theme_and_level_only():
    assert Suggested("physics", 0.0, "").code in codes("Een warmtepomp in 4 havo")
    assert "physics" not in codes("Een warmtepomp in huis")
    assert "physics" in codes("Een warmtepomp in huis", levels=(Level.HAVO,))
    assert "physics" not in codes("Een warmtepomp voor groep 7")


def test_implied_subject_is_never_surer_than_a_named_topic():
    found = suggest_topics("Groep 7: water en een gemaal", VOCABULARY)
    assert [s.implied for s in found] == sorted(s.implied for s in found)
    assert all(s.weight <= 0.5 for s in found if s.implied)


def test_accents_case_and_soft_hyphens_do_not_matter():
    assert codes("WARMTEPOMP") == codes("warmte\u00adpomp") == codes("wármtepomp") == {"heating"}


def test_recognition_takes_less_than_five_milliseconds():
    texts = [row[0] for row in (*EXAMPLES, *TRAPS, *TEXTS)]
    started = time.process_time()
    for text in texts:
        suggest_topics(text, VOCABULARY)
    assert (time.process_time() - started) / len(texts) < 0.005

//! Names from many places, and how each is written in an e-mail address.

/// A name as its bearer writes it, and as it stands in an address; empty where plain folding gives it.
pub type Name = (&'static str, &'static str);

/// Given and family names that go together.
#[derive(Debug)]
pub struct Culture {
    /// How many of a hundred members, about.
    pub weight: u32,
    /// Given names.
    pub given: &'static [Name],
    /// Family names.
    pub family: &'static [Name],
    /// The family name stands first.
    pub family_first: bool,
}

const fn culture(weight: u32, given: &'static [Name], family: &'static [Name]) -> Culture {
    Culture { weight, given, family, family_first: false }
}

const fn family_first(weight: u32, family: &'static [Name], given: &'static [Name]) -> Culture {
    Culture { weight, given, family, family_first: true }
}

/// All there are.
pub static CULTURES: &[Culture] = &[
    culture(
        34,
        &[
            ("Olivia", ""),
            ("Sam", ""),
            ("Fergus", ""),
            ("Isla", ""),
            ("George", ""),
            ("Harriet", ""),
            ("Callum", ""),
            ("Niamh", ""),
            ("Siobhán", ""),
            ("Rhys", ""),
            ("Megan", ""),
            ("Oscar", ""),
            ("Poppy", ""),
            ("Will", ""),
            ("Beatrice", ""),
            ("Dylan", ""),
            ("Mary-Anne", ""),
            ("Jo", ""),
            ("Theo", ""),
            ("Imogen", ""),
        ],
        &[
            ("Whitlock", ""),
            ("MacLean", ""),
            ("Abernathy", ""),
            ("O’Connell", "oconnell"),
            ("Hughes", ""),
            ("Ashworth", ""),
            ("Barraclough", ""),
            ("Ní Bhriain", ""),
            ("Featherstonehaugh", ""),
            ("Okell", ""),
            ("Thistlewood", ""),
            ("Pryce-Jones", ""),
            ("Carrow", ""),
            ("Denholm", ""),
            ("St. John", "stjohn"),
            ("Loxley", ""),
            ("Wetherby", ""),
            ("Quill", ""),
            ("Dunmore", ""),
            ("Ive", ""),
        ],
    ),
    culture(
        7,
        &[
            ("Priya", ""),
            ("Arjun", ""),
            ("Ananya", ""),
            ("Rohan", ""),
            ("Meera", ""),
            ("Vikram", ""),
            ("अदिति", "aditi"),
        ],
        &[("Raman", ""), ("Chatterjee", ""), ("Venkataraghavan", ""), ("Patel", ""), ("Iyer", ""), ("शर्मा", "sharma")],
    ),
    culture(
        6,
        &[("Tomi", ""), ("Chiamaka", ""), ("Olúwaṣeun", "oluwaseun"), ("Kwame", ""), ("Adaeze", ""), ("Sipho", "")],
        &[("Okafor", ""), ("Adébáyọ̀", "adebayo"), ("Mensah", ""), ("Nwachukwu", ""), ("Osei", ""), ("Dlamini", "")],
    ),
    culture(
        8,
        &[
            ("Kasia", ""),
            ("Łukasz", ""),
            ("Małgorzata", ""),
            ("Zdeněk", ""),
            ("Ágnes", ""),
            ("Ștefan", ""),
            ("Wojciech", ""),
        ],
        &[("Nowak", ""), ("Wiśniewska", ""), ("Dvořák", ""), ("Szczepański", ""), ("Kővári", ""), ("Țurcanu", "")],
    ),
    culture(
        9,
        &[
            ("Inês", ""),
            ("Rob", ""),
            ("Camille", ""),
            ("Étienne", ""),
            ("Lucía", ""),
            ("Iñaki", ""),
            ("Giulia", ""),
            ("João", ""),
        ],
        &[
            ("Carvalho", ""),
            ("Ferreira", ""),
            ("Delacroix", ""),
            ("Núñez", ""),
            ("Bianchi", ""),
            ("García Márquez", ""),
            ("de la Fuente y Villarreal", ""),
        ],
    ),
    culture(
        8,
        &[
            ("Ben", ""),
            ("Hana", ""),
            ("Søren", ""),
            ("Jürgen", ""),
            ("Åsa", ""),
            ("Þóra", "thora"),
            ("Matthijs", ""),
            ("Aino", ""),
        ],
        &[
            ("Achterberg", ""),
            ("Lindqvist", ""),
            ("Østergård", ""),
            ("Müller-Lüdenscheidt", ""),
            ("Guðmundsdóttir", ""),
            ("van den Heuvel", ""),
            ("Virtanen", ""),
        ],
    ),
    culture(
        5,
        &[("Yusuf", ""), ("Elif", ""), ("Çağla", ""), ("Emre", ""), ("Νίκος", "nikos"), ("Ελένη", "eleni")],
        &[("Demir", ""), ("Yıldız", ""), ("Öztürk", ""), ("Παπαδοπούλου", "papadopoulou"), ("Γεωργίου", "georgiou")],
    ),
    culture(
        4,
        &[("Олена", "olena"), ("Дмитро", "dmytro"), ("Светлана", "svetlana"), ("Мирослава", "myroslava")],
        &[("Коваленко", "kovalenko"), ("Шевченко", "shevchenko"), ("Петров", "petrov"), ("Бондаренко", "bondarenko")],
    ),
    culture(
        6,
        &[("ليلى", "leila"), ("محمد", "mohammed"), ("فاطمة", "fatima"), ("عبد الرحمن", "abdulrahman"), ("نور", "noor")],
        &[("حداد", "haddad"), ("المنصوري", "almansouri"), ("بن علي", "benali"), ("الخطيب", "alkhatib")],
    ),
    culture(
        3,
        &[("נועה", "noa"), ("איתן", "eitan"), ("שירה", "shira"), ("יעל", "yael")],
        &[("כהן", "cohen"), ("לוי", "levi"), ("בן־דוד", "bendavid"), ("אברהמי", "avrahami")],
    ),
    family_first(
        5,
        &[("王", "wang"), ("李", "li"), ("陳", "chen"), ("佐藤", "sato"), ("김", "kim"), ("長谷川", "hasegawa")],
        &[
            ("芳", "fang"),
            ("美咲", "misaki"),
            ("翔太", "shota"),
            ("小龍", "xiaolong"),
            ("민준", "minjun"),
            ("서연", "seoyeon"),
        ],
    ),
    family_first(
        2,
        &[("Nguyễn", "nguyen"), ("Trần", "tran"), ("Phạm", "pham")],
        &[("Thị Minh Khai", ""), ("Văn Đức", "vanduc"), ("Ngọc Ánh", "ngocanh")],
    ),
    culture(
        3,
        &[("Aroha", ""), ("Wiremu", ""), ("Kahurangi", ""), ("Leilani", ""), ("Tāne", "")],
        &[("Ngata", ""), ("Te Rangihīroa", ""), ("Kealoha", ""), ("Tamihana", "")],
    ),
];

/// A member who is there in every club that is large enough, and what is odd about them.
#[derive(Debug)]
pub struct Notable {
    /// Their name.
    pub name: Option<&'static str>,
    /// Their e-mail.
    pub email: Option<&'static str>,
}

const fn notable(name: &'static str, email: &'static str) -> Notable {
    Notable { name: Some(name), email: Some(email) }
}

/// The member whom the story of the demo is about.
pub const FOCUS: Notable = notable("Hana Lindqvist", "hana.lindqvist@example.org");
/// The member whose device has a wrong clock.
pub const WRONG_CLOCK: Notable = notable("Ben Achterberg", "ben.achterberg@example.net");

/// The first of the members, in this order, after the busiest one.
pub static NOTABLE: &[Notable] = &[
    FOCUS,
    WRONG_CLOCK,
    notable("Marguerite O’Connell-Fitzwilliam", "marguerite.oconnell-fitzwilliam@example.org"),
    Notable { name: None, email: Some("jo@example.com") },
    Notable { name: None, email: None },
    notable("Rob Ferreira 🐕", "dog.dad.rob@example.com"),
    notable("ليلى بنت عبد الله بن محمد الهاشمي", "leila.alhashimi@example.org"),
    notable("שרה־לאה בן־גוריון", "sara-lea.bengurion@example.net"),
    Notable { name: Some("Kahurangi Tamihana"), email: None },
    notable(
        "Maximiliana Theodora Josephine Alexandrina von und zu Hohenstein-Wittgenstein-Berleburg, \
         called Maxi, who signs every form with all of her names and asks that none be left out",
        "maximiliana.theodora.josephine.alexandrina.von-und-zu-hohenstein-wittgenstein@example.org",
    ),
    notable("👩🏽‍🦰 Zoë 👨‍👩‍👧‍👦 & family", "zoe.family@example.com"),
    notable("Kasia Nowak", "K.Nowak@example.com"),
];

/// A letter without its marks, in lower case; nothing for what an address does not hold.
pub fn fold(letter: char) -> &'static str {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyz-";
    let lower = letter.to_ascii_lowercase();
    if let Some(at) = PLAIN.find(lower) {
        return PLAIN.get(at..=at).unwrap_or_default();
    }
    match letter {
        'á' | 'à' | 'ã' | 'â' | 'ä' | 'å' | 'Á' | 'Å' | 'ā' | 'ă' => "a",
        'ç' | 'Ç' => "c",
        'đ' | 'Đ' | 'ð' => "d",
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'ě' => "e",
        'ğ' => "g",
        'í' | 'î' | 'ī' | 'ı' | 'ị' => "i",
        'ł' | 'Ł' => "l",
        'ñ' | 'ń' => "n",
        'ó' | 'ö' | 'õ' | 'ø' | 'Ø' | 'ő' | 'Ö' => "o",
        'ř' => "r",
        'ś' | 'ş' | 'Ș' => "s",
        'ț' | 'Ț' => "t",
        'ú' | 'ü' | 'ū' => "u",
        'ý' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'þ' | 'Þ' => "th",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_can_stand_in_an_address() {
        for culture in CULTURES {
            for (name, address) in culture.given.iter().chain(culture.family) {
                let folded: String = name.chars().map(fold).collect();
                let stands = if address.is_empty() { folded.as_str() } else { address };
                assert!(!stands.is_empty(), "{name}");
                let lost = name.chars().filter(|&c| c.is_alphabetic() && fold(c).is_empty()).count();
                assert!(!address.is_empty() || lost == 0, "{name} loses letters in {folded}");
            }
        }
    }
}

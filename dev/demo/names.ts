/** Made up, like everything personal in the demo: the data set names nobody. */
const FIRST_NAMES = (
  'Ada Bela Carmen Dario Elif Femi Greta Hugo Ines Jonas Kaya Liam Mei Nils Olga ' +
  'Pablo Quinn Rosa Samir Tilda Uma Viktor Wanda Xenia Yusuf Zora Anton Birte Cem Dana'
).split(' ')
const LAST_NAMES = (
  'Abel Brook Castro Demir Egan Fischer Garcia Holm Ibsen Jansen Keller Lund Moreau Novak ' +
  'Okafor Petrov Quist Rossi Sato Tran Urban Vega Weber Yilmaz Zeman Arnaud Blom Costa Dunn'
).split(' ')

/** A name for the customer at `index`. The first 870 differ: 30 and 29 have no common divisor. */
export function nameOf(index: number): { firstName: string; lastName: string } {
  return {
    firstName: FIRST_NAMES[index % FIRST_NAMES.length] ?? '',
    lastName: LAST_NAMES[index % LAST_NAMES.length] ?? '',
  }
}

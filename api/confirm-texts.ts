import type { PageLanguage } from './page-language.ts'

interface ConfirmTexts {
  readonly ask: string
  readonly intro: string
  readonly legend: string
  readonly confirm: string
  readonly ignore: string
  readonly confirmed: string
  readonly confirmedHint: string
  readonly expired: string
  readonly readdressed: string
  readonly ended: string
  readonly nothing: string
}

/** What the confirmation page says, around the wording that is agreed to. */
export const CONFIRM_TEXTS: Readonly<Record<PageLanguage, ConfirmTexts>> = {
  es: {
    ask: '¿Lo confirmas?',
    intro: 'Con esta dirección se ha pedido lo siguiente. Solo entra en vigor si lo confirmas.',
    legend: 'Tu consentimiento',
    confirm: 'Sí, lo confirmo',
    ignore: 'Si no has sido tú, cierra esta página: no cambia nada.',
    confirmed: 'Confirmado',
    confirmedHint:
      'Gracias. Puedes cambiar de opinión en cualquier momento: cada mensaje trae un enlace para ello.',
    expired: 'Este enlace ha caducado',
    readdressed: 'Este enlace era para otra dirección',
    ended: 'Esta petición ya no está abierta',
    nothing:
      'No se ha dado ningún consentimiento. Si todavía lo quieres, pídelo otra vez donde lo pediste.',
  },
  pt: {
    ask: 'Confirma?',
    intro: 'Com este endereço foi pedido o seguinte. Só entra em vigor se o confirmar.',
    legend: 'O seu consentimento',
    confirm: 'Sim, confirmo',
    ignore: 'Se não foi você, feche esta página: nada muda.',
    confirmed: 'Confirmado',
    confirmedHint:
      'Obrigado. Pode mudar de ideias a qualquer momento: cada mensagem traz um link para isso.',
    expired: 'Este link expirou',
    readdressed: 'Este link era para outro endereço',
    ended: 'Este pedido já não está aberto',
    nothing: 'Nenhum consentimento foi dado. Se ainda o quiser, peça-o outra vez onde o pediu.',
  },
  en: {
    ask: 'Do you confirm this?',
    intro: 'Somebody asked for this with your address. It is in force only if you confirm it.',
    legend: 'What you agree to',
    confirm: 'Yes, I confirm',
    ignore: 'If it was not you, close this page: nothing changes.',
    confirmed: 'Confirmed',
    confirmedHint:
      'Thank you. You can change your mind at any time: every message has a link for it.',
    expired: 'This link has expired',
    readdressed: 'This link was for another address',
    ended: 'This request is no longer open',
    nothing: 'No consent was given. If you still want it, ask for it again where you did.',
  },
}

import type { ChannelName } from '../domain/journeys/values.ts'
import type { PageLanguage } from './page-language.ts'

interface PreferenceTexts {
  /** The language's own name. */
  readonly name: string
  readonly title: string
  readonly intro: string
  readonly legend: string
  readonly channels: Readonly<Record<ChannelName, string>>
  readonly save: string
  readonly none: string
  readonly remaining: string
  readonly languages: string
  readonly saved: string
  readonly savedNone: string
  readonly unsubscribed: string
  readonly unsubscribedFrom: (channel: string) => string
  readonly toPreferences: string
  readonly lost: string
  readonly lostHint: string
  readonly failed: string
  readonly failedHint: string
}

/** What the preference page says. */
export const PREFERENCE_TEXTS: Readonly<Record<PageLanguage, PreferenceTexts>> = {
  es: {
    name: 'Español',
    title: '¿Qué podemos enviarte?',
    intro:
      'Tú decides cómo podemos enviarte novedades y ofertas. El cambio entra en vigor en cuanto lo guardas.',
    legend: 'Novedades y ofertas',
    channels: {
      agent_task: 'Por teléfono',
      audience_sync: 'Anuncios en otras plataformas',
      email: 'Correo electrónico',
      onsite: 'En nuestra web',
      push: 'Notificaciones',
      sms: 'SMS',
      webhook: 'Otros canales',
    },
    save: 'Guardar',
    none: 'No quiero más novedades ni ofertas',
    remaining:
      'Los mensajes que necesitas, como la confirmación de un pedido, te seguirán llegando.',
    languages: 'Idioma',
    saved: 'Guardado. El cambio ya está en vigor.',
    savedNone: 'Guardado. No te enviaremos más novedades ni ofertas.',
    unsubscribed: 'Te has dado de baja',
    unsubscribedFrom: (channel) =>
      `No te enviaremos más novedades ni ofertas por este canal: ${channel}.`,
    toPreferences: 'Ver todas tus preferencias',
    lost: 'Este enlace no funciona',
    lostHint: 'Puede que se haya cortado. Ábrelo otra vez desde el mensaje que recibiste.',
    failed: 'Ahora no ha sido posible',
    failedHint: 'No sabemos si se ha guardado. Inténtalo de nuevo en un minuto.',
  },
  pt: {
    name: 'Português',
    title: 'O que podemos enviar-lhe?',
    intro:
      'Escolha como podemos enviar-lhe novidades e ofertas. A mudança entra em vigor assim que a guardar.',
    legend: 'Novidades e ofertas',
    channels: {
      agent_task: 'Por telefone',
      audience_sync: 'Anúncios noutras plataformas',
      email: 'E-mail',
      onsite: 'No nosso site',
      push: 'Notificações',
      sms: 'SMS',
      webhook: 'Outros canais',
    },
    save: 'Guardar',
    none: 'Não quero mais novidades nem ofertas',
    remaining:
      'As mensagens de que precisa, como a confirmação de uma encomenda, continuarão a chegar.',
    languages: 'Idioma',
    saved: 'Guardado. A mudança já está em vigor.',
    savedNone: 'Guardado. Não lhe enviaremos mais novidades nem ofertas.',
    unsubscribed: 'A sua subscrição foi cancelada',
    unsubscribedFrom: (channel) =>
      `Não lhe enviaremos mais novidades nem ofertas por este canal: ${channel}.`,
    toPreferences: 'Ver todas as suas preferências',
    lost: 'Este link não funciona',
    lostHint: 'Pode ter ficado cortado. Abra-o de novo a partir da mensagem que recebeu.',
    failed: 'Agora não foi possível',
    failedHint: 'Não sabemos se ficou guardado. Tente de novo dentro de um minuto.',
  },
  en: {
    name: 'English',
    title: 'What may we send you?',
    intro:
      'You decide how we may send you news and offers. A change is in force as soon as you save it.',
    legend: 'News and offers',
    channels: {
      agent_task: 'By telephone',
      audience_sync: 'Advertising elsewhere',
      email: 'E-mail',
      onsite: 'On our website',
      push: 'Notifications',
      sms: 'SMS',
      webhook: 'Other channels',
    },
    save: 'Save',
    none: 'No more news or offers at all',
    remaining: 'Messages that you need, such as the confirmation of an order, will still come.',
    languages: 'Language',
    saved: 'Saved. It is in force now.',
    savedNone: 'Saved. We will send you no more news or offers.',
    unsubscribed: 'You are unsubscribed',
    unsubscribedFrom: (channel) =>
      `We will send you no more news or offers on this channel: ${channel}.`,
    toPreferences: 'See all your preferences',
    lost: 'This link does not work',
    lostHint: 'It may have been cut off. Open it again from the message that you got.',
    failed: 'That was not possible just now',
    failedHint: 'We do not know whether it was saved. Please try again in a minute.',
  },
}

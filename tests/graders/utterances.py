"""Short utterances as agents say them on the telephone, each in one language, with names and brands in them."""

EN = """Sure, I booked you at one thirty.
Your appointment is set for Monday at two.
I have 8:00 or 10:30 on Thursday.
What day works best for you?
May I have your name, please?
We close at two on Saturdays.
The oil change costs $89.95 plus tax.
I'm sorry, that time is no longer available.
You're all set for Tuesday at nine.
Could you repeat the phone number?
We don't have loaner cars.
There is a shuttle until four on weekdays.
I can transfer you to a service advisor.
Your RAV4 is booked for an oil change and tire rotation.
Thanks for calling Riverbend Motors, how can I help?
Is that for your Civic, Guadalupe?
The brake inspection is $49.00.
Let me check what we have on Friday.
I've cancelled your appointment for May 14.
See you Monday, Mr. Hernández.
Great, Señor López, see you at noon.
The parts counter closes at five.
I'm connecting you with a manager now.
Do you want the morning or the afternoon?
It takes about 45 minutes.
No problem, I moved it to Wednesday.
A wheel alignment is $119.00.
Which appointment would you like to change?
I found your appointment for Jose Alberto Ramirez on Friday at eleven.
Sorry, I didn't catch that last part.
We're open Monday to Friday from 7:30 to 6:00.
Please hold while I transfer you.
What can we do for your Silverado?
I'll need your last name too.
All three services together, Monday at 1:30 PM?
That slot is taken, but I have 3:30.
The state inspection takes about an hour.
You can cancel up to two hours before.
Our address is 2140 Mill Street, Aurora.
The battery check is free of charge.
How about Thursday, May 14 at 9:00 AM?
I understand, and I am sorry about that.
Your message was passed to the manager.
Yes, we are open this Saturday.
I could not find an appointment under that number.
Okay, oil change and rotation on Tuesday the twelfth at 9.
Got it, one moment please.
Perfect, Maria Fernanda, you are down for ten thirty.
We have nothing free that day.
Nothing before noon, I'm afraid.
Sorry about the wait, let me look at Saturday.
I can do the tires and the oil at the same visit.
Nobody can take your call in parts right now.
The manager will call you back today.
Your Camry is due for a tire rotation too.
Do you want to keep the same time?
That is everything on the list.
I don't know the price of that one.
We can't promise that, I'm sorry.
Okay Señora Morales, Tuesday works.
Does ten in the morning suit you?
You have nothing booked with us yet.
I'll move it to the nineteenth at eight.
The waiting room has coffee and internet.
It should be done in about an hour.""".splitlines()

ES = """Claro, le agendé a la una y media.
Su cita queda para el lunes a las dos.
Tengo a las 8:00 o a las 10:30 el jueves.
¿Qué día le conviene más?
¿Me regala su nombre, por favor?
Los sábados cerramos a las dos de la tarde.
El cambio de aceite cuesta $89.95 más impuestos.
Lo siento, esa hora ya no está disponible.
Listo, su cita quedó para el martes a las nueve.
¿Me puede repetir el número de teléfono?
No tenemos autos de préstamo.
Hay un transporte hasta las cuatro entre semana.
Le comunico con un asesor de servicio.
Su RAV4 queda agendada para oil change y tire rotation.
Gracias por llamar a Riverbend Motors, ¿en qué le ayudo?
¿Es para su Civic, señor Johnson?
La inspección de frenos cuesta $49.00.
Permítame revisar qué hay el viernes.
Cancelé su cita del 14 de mayo.
Lo esperamos el lunes, señor Smith.
Perfecto, le espero al mediodía.
El mostrador de refacciones cierra a las cinco.
Ahora mismo le paso con el gerente.
¿Prefiere en la mañana o en la tarde?
Tarda como 45 minutos.
No hay problema, la cambié al miércoles.
La alineación cuesta $119.00 dólares.
¿Cuál cita desea cambiar?
Encontré su cita a nombre de John Peterson, el viernes a las once.
Disculpe, no le escuché bien lo último.
Abrimos de lunes a viernes de 7:30 a 6:00.
Un momento, le transfiero la llamada.
¿Qué le hacemos a su Silverado?
También necesito su apellido, por favor.
Los tres servicios juntos, ¿el lunes a la 1:30?
Ese horario está ocupado, pero tengo a las 3:30.
La inspección estatal tarda alrededor de una hora.
Puede cancelar hasta dos horas antes.
Estamos en 2140 Mill Street, en Aurora.
La revisión de la batería no tiene costo.
¿Le queda bien el jueves 14 de mayo a las 9:00?
Entiendo, y lamento mucho lo que pasó.
Ya le pasé su mensaje al gerente.
Sí, este sábado estamos abiertos.
No encontré ninguna cita con ese número.
Muy bien, aceite y rotación el martes doce a las nueve.
Con mucho gusto, un momentito por favor.
Perfecto, Mary Ann, queda anotada a las diez y media.
No tenemos nada libre ese día.
Nada antes del mediodía, me temo.
Disculpe la espera, déjeme ver el sábado.
Podemos hacer las llantas y el aceite en la misma visita.
En este momento nadie puede atenderle en refacciones.
El gerente le llama hoy mismo.
A su Camry también le toca la rotación.
¿Quiere conservar la misma hora?
Eso es todo lo que tengo anotado.
No conozco el precio de ese servicio.
Eso no se lo puedo prometer, lo siento.
De acuerdo, Mr. Walker, el martes está bien.
¿Le conviene a las diez de la mañana?
Todavía no tiene nada agendado con nosotros.
La paso para el diecinueve a las ocho.
En la sala de espera hay café e internet.
Queda listo en una hora más o menos.""".splitlines()

OTHER = [
    ("pt", "Não temos nenhum horário livre nesse dia."),
    ("pt", "Sua consulta está marcada para segunda-feira às duas."),
    ("de", "Wir haben am Montag um zwei einen Termin frei."),
    ("fr", "Votre rendez-vous est confirmé pour lundi à deux heures."),
    ("it", "Il suo appuntamento è confermato per lunedì alle due."),
    ("pl", "Pana wizyta jest umówiona na poniedziałek."),
    ("zh", "您的预约是星期一下午两点。"),
    ("pt", "Posso ajudar com mais alguma coisa hoje?"),
]

MIXED = [
    ("en", "Claro, I booked you at one thirty for the oil change."),
    ("es", "Okay, le agendé el oil change para mañana a las dos."),
    ("es", "Su appointment quedó confirmado para el lunes a las dos."),
    ("en", "Sí, your appointment is confirmed for Monday at two."),
]

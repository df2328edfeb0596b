"""Two hundred further short utterances of agents and callers, in neither of which the golden set or a pack was written."""

from __future__ import annotations

EN = """Alright Mr. Ochoa, that leaves us with Wednesday at nine.
Nothing opens up before Thursday, I'm sorry.
My daughter Lupita drops it off and I pick it up later.
It pulls to the left when I brake.
Could somebody from parts ring me back after lunch?
I'd rather wait there if that's all right.
Whatever you have in the morning is fine by me.
That was for the Tacoma, not the Corolla.
We had you down as Hernandez with a z.
Your Silverado should be ready by five.
I was told the inspection is included.
There's a light on that looks like a little engine.
Let's leave everything the way it was.
Give me just one moment while I check.
We only take cars in until half past four.
You can leave the keys in the drop box.
Is the waiting room open on Saturdays?
He never called me back about the bumper.
I can't make it on Friday after all.
Who do I talk to about a bill?
Okay, El Camino, got it, what year is that?
Señora Ruiz, your car is parked out front.
Thanks for holding, I do see that appointment.
Do the brakes and the oil together, please.
We don't service motorcycles here.
They said it would take about an hour.
I need to bring in my wife's Sentra.
Sure thing, Guadalupe, I'll note that down.
How long does an alignment usually take?
I'm calling about the message you left.
My name is Javier Montoya and I drive a Rogue.
You don't have to pay anything up front.
Would the afternoon be any better for you?
The shuttle drops you off within ten miles.
It's making that squealing noise again.
I'd like to hear the price first.
We open at half past seven on weekdays.
Which of those two works for you?
She said to ask for the service manager.
Please don't move my Thursday appointment.
Put it under Marisol, she's my sister.
That time has just been taken, sorry.
You'd be done before noon.
The estimate didn't say anything about labor.
Are you still at the Mill Street address?
I'll connect you with sales right away.
We can look at the air conditioning too.
I already gave you my number twice.
No worries, take your time.
Is there any chance of coming in sooner?
The part has to be ordered from Chicago.
My truck is due at fifty thousand.
It is all done, you can come by.
Wait, did you say the fifteenth?
Just the tires this time, nothing else.
Let me read that back to you.
I wanted the one at ten thirty.
You have reached the service department.
I'm sorry for the trouble that caused.
Do you need a ride home while we work on it?
There is no charge if you cancel today.
Our technician will have a look at it.
The appointment stays as it is then.
I'd have to ask the manager about that.
Does that include the filter?
It was Diego who took my car last time.
Sounds good, we'll be ready for you.
You should get a text the day before.
I can only do mornings this week.
What was the mileage again, please?
Sorry, we are closed on Sundays.
We'll take care of both in one visit.
Please hold, I'm putting you through now.
This is about the Explorer you looked at yesterday.
I live over in Montgomery, not far.
Tell them that Rosa Delgado called, please.
You can wait here, there's coffee.
That would be a week from Tuesday.
Nobody told me about an extra fee.
Good, then everything is settled.
We don't do body work at this location.
Something under the hood smells burnt.
Can you spell the street for me?
I'd prefer not to give my email.
Anything else I can help with today?
Great, Ana Lucia, you are on the list.
It isn't urgent, next week is fine.
They forgot to put the cap back on.
That's the earliest we have, unfortunately.
The battery died twice this week.
I'll be there a little early.
Do I need to bring the second key?
My husband will be dropping it off.
Your name and the model, that's all I need.
We stop taking calls at six.
He wants to speak to a real person.
You were quoted the old price, I see.
I will pass that along to the advisor.
Then let's cancel the whole thing.
Could you do it while I wait?""".splitlines()

ES = """Muy bien, señor Ochoa, entonces queda el miércoles a las nueve.
Antes del jueves no se abre nada, lo siento.
Mi hija Lupita lo deja y yo lo recojo más tarde.
Se me jala a la izquierda cuando freno.
¿Alguien de refacciones me puede marcar después de comer?
Prefiero esperar ahí, si no hay problema.
Lo que tenga en la mañana está bien para mí.
Eso era para la Tacoma, no para el Corolla.
Lo teníamos como Hernández con zeta.
Su Silverado debe estar lista a las cinco.
Me dijeron que la inspección va incluida.
Se prendió una luz que parece un motorcito.
Vamos a dejar todo como estaba.
Deme un momento mientras reviso.
Solo recibimos carros hasta las cuatro y media.
Puede dejar las llaves en el buzón.
¿La sala de espera abre los sábados?
Nunca me devolvió la llamada por lo de la defensa.
Siempre no voy a poder el viernes.
¿Con quién hablo sobre una factura?
Okay, El Camino, ¿de qué año es?
Señora Johnson, su carro está afuera.
Gracias por esperar, ya veo esa cita.
Hágale los frenos y el aceite juntos, por favor.
Aquí no arreglamos motocicletas.
Dijeron que tardaba como una hora.
Necesito llevar el Sentra de mi esposa.
Con gusto, Guadalupe, lo dejo anotado.
¿Cuánto tiempo se lleva la alineación?
Llamo por el recado que me dejaron.
Me llamo Jason Miller y manejo un Rogue.
No tiene que pagar nada por adelantado.
¿Le convendría más por la tarde?
El transporte lo deja a menos de diez millas.
Otra vez está haciendo ese rechinido.
Primero quisiera saber el precio.
Entre semana abrimos a las siete y media.
¿Cuál de las dos le queda mejor?
Me dijo que preguntara por el gerente de servicio.
Por favor no me mueva la cita del jueves.
Póngala a nombre de Mary, es mi hermana.
Esa hora la acaban de tomar, disculpe.
Terminaría antes del mediodía.
El presupuesto no decía nada de mano de obra.
¿Siguen en la dirección de Mill Street?
Enseguida lo comunico con ventas.
También le podemos revisar el aire.
Ya le di mi número dos veces.
No se preocupe, tómese su tiempo.
¿Habrá modo de ir más pronto?
La pieza se tiene que pedir a Chicago.
A mi troca ya le tocan las cincuenta mil.
Ya está todo listo, puede pasar.
Espere, ¿dijo el quince?
Nada más las llantas esta vez.
Déjeme se lo repito.
Yo quería la de las diez y media.
Se comunicó al departamento de servicio.
Lamento las molestias que eso causó.
¿Necesita que lo lleven mientras trabajamos?
Si cancela hoy no se le cobra nada.
Nuestro técnico le va a echar un ojo.
Entonces la cita se queda igual.
Eso se lo tendría que preguntar al gerente.
¿Eso incluye el filtro?
Fue Steve el que recibió mi carro la otra vez.
Perfecto, aquí lo esperamos.
Le llega un mensaje un día antes.
Esta semana solo puedo en las mañanas.
¿Cuántas millas me dijo que trae?
Disculpe, los domingos no abrimos.
Le hacemos las dos cosas en una visita.
No cuelgue, le paso la llamada.
Es por la Explorer que vieron ayer.
Vivo allá por Montgomery, no queda lejos.
Dígales que llamó Rose Taylor, por favor.
Puede esperar aquí, hay café.
Sería de este martes en ocho.
Nadie me avisó de un cargo extra.
Bueno, entonces ya quedamos.
Aquí no hacemos hojalatería.
Algo debajo del cofre huele a quemado.
¿Me deletrea el nombre de la calle?
Prefiero no dar mi correo.
¿Se le ofrece alguna otra cosa?
Muy bien, Ashley, ya está en la lista.
No es urgente, la otra semana está bien.
Se les olvidó ponerle el tapón.
Es lo más temprano que tenemos, lástima.
La batería se murió dos veces esta semana.
Voy a llegar un poquito antes.
¿Tengo que llevar la otra llave?
Mi esposo lo va a llevar.
Su nombre y el modelo, con eso basta.
Dejamos de contestar a las seis.
Quiere hablar con una persona de verdad.
Veo que le dieron el precio viejo.
Se lo hago saber al asesor.
Entonces cancele todo, por favor.
¿Lo pueden hacer mientras espero?""".splitlines()

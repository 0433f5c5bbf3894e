// English: the experiments to start from, and the explanation.
export default {
  "try.title": "Things to try",
  "try.step": "FGSM with ε = 0.2: which model holds?",
  "try.iterate": "The same ε in ten steps of MIM: and now?",
  "try.goal": "Make the network see an 8 where you see a 3.",
  "try.transfer": "Show every model the image made on the normal one.",
  "about.title": "What happens here",
  "about.formula": "x′ = clip( x + ε · sign ∇ₓ L(x, y) )",
  "about.formula.alt":
    "The attacked image is the original plus epsilon times the sign of the gradient of the loss with respect to the image, clipped to the grey scale.",
  "about.fgsm.title": "FGSM: one step, every pixel",
  "about.fgsm.text":
    "A network learns by asking which way to nudge its <i>weights</i> so that its error falls. The fast gradient sign method asks the same about the <i>pixels</i>, and goes the other way: each pixel moves by ε in the direction that makes the error grow. Only the sign of the gradient counts. That is why the noise looks so blunt: a pixel is moved all the way, or it sits at the end of the grey scale and cannot move.",
  "about.steps.title": "BIM and MIM: look again",
  "about.steps.text":
    "A gradient is only true nearby. BIM takes smaller steps and asks again after each, never leaving the budget. MIM also keeps momentum, so that a single misleading gradient does not turn it round. Choose a goal, and all three walk <i>towards</i> that digit instead of away from the right one.",
  "about.epsilon.title": "What ε means",
  "about.epsilon.text":
    "ε is the budget: no pixel may move further than ε on the scale from 0 (black) to 1 (white). That limits the L∞ norm, the largest single change. It says nothing about how much of the picture changes: L0 counts the pixels, and L2 measures all the changes together. ε is a rule of the game and no measure of what people notice.",
  "about.defended.title": "Why the mixed model holds",
  "about.defended.text":
    "Both networks learned from the same 60,000 digits. The mixed one was also shown attacked digits, made afresh against itself at every step of its training with ε = 0.25, and asked for the right answer all the same. So it learned to stay right after one such step along its own gradient; other steps are another matter.",
  "about.honest.title": "What this does not show",
  "about.honest.text":
    "<b>That the mixed model is robust.</b> It has learned to withstand a single step. Choose MIM, or a larger ε, and it often falls as well. An attack that fails tells you about this attack only; the next may be stronger. And at ε = 0.25 the FGSM image made on the normal model misleads it on a quarter of MNIST’s test digits, its own FGSM image on one in a hundred: its gradient has learned to point the wrong way, which is called gradient masking.",
};

"""What pages call the ways of dialling. All are msgids."""

from callcenter.dialer.states import Detection, MachineAction, Mode, NextAgent, TimeBox
from callcenter.kernel.i18n import marked

MODE_TITLES = {
    Mode.MANUAL: marked("Manual: agents dial by themselves"),
    Mode.PREVIEW: marked("Preview: the agent sees the customer first"),
    Mode.PROGRESSIVE: marked("Progressive: one line for each free agent"),
    Mode.RATIO: marked("Ratio: a fixed number of lines for each free agent"),
    Mode.AGENTLESS: marked("Without agents: a message, and keys to press"),
    Mode.PREDICTIVE: marked("Predictive: as many lines as agents will be free for"),
}
DETECTION_TITLES = {
    Detection.OFF: marked("By the agent, with one key"),
    Detection.APP: marked("By Asterisk, before an agent is given"),
}
ACTION_TITLES = {
    MachineAction.HANG_UP: marked("Hang up"),
    MachineAction.MESSAGE: marked("Leave a message after the tone"),
    MachineAction.AGENT: marked("Connect it to an agent"),
}
TIME_BOX_TITLES = {
    TimeBox.SKIP: marked("Show the next one"),
    TimeBox.DIAL: marked("Dial by itself"),
}
NEXT_AGENT_TITLES = {
    NextAgent.LONGEST_IDLE: marked("Who has been free longest"),
    NextAgent.OWNER: marked("Whose customer it is"),
    NextAgent.LAST_AGENT: marked("Who spoke to the number last"),
}

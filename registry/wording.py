"""How a report is said to people, in both languages: the names of verdicts, checks and outcomes."""

from typing import Final, NamedTuple


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str


VERDICTS: Final = {
    "valid": Words("证照有效", "Valid"),
    "copy": Words("副本属实，请核对本人", "A true copy: make sure of the person"),
    "invalid": Words("核验不通过", "Not valid"),
    "pending": Words("正在上链，请稍后再验", "Pending: being anchored, check again shortly"),
    "unknown": Words("暂时无法核验", "Could not be checked"),
    "stated": Words("颁发机构书面答复", "Stated by the issuer"),
}

CHECKS: Final = {
    "parse": Words("格式", "Form"),
    "disclosures": Words("披露项", "Disclosed claims"),
    "path": Words("批次路径", "Path in the batch"),
    "anchor": Words("上链锚定", "Anchor on the chain"),
    "right": Words("颁发权限", "Right to issue"),
    "issuer_key": Words("机构签名", "Issuer's signature"),
    "status": Words("证照状态", "Status"),
    "time": Words("有效期", "Time"),
    "holder": Words("出示人", "Holder"),
    "type": Words("证照类型", "Type"),
}

OUTCOMES: Final = {
    "pass": Words("通过", "passed"),
    "fail": Words("不通过", "failed"),
    "unknown": Words("无法判断", "unknown"),
    "n/a": Words("不适用", "does not apply"),
}

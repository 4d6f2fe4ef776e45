"""The rules of approvals: who must agree, who counts, until when. Pure."""

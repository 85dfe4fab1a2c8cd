curl --request POST \
  --url https://api.osvi.ai/v1/campaigns/{id}/contacts \
  --header 'API-Token: <api-key>' \
  --header 'Content-Type: application/json' \
  --data '
{
  "agent_uuid": "agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og",
  "contacts": [
    {
      "person_name": "Ravi Kumar",
      "phone": "9876543210",
      "plan": "Pro"
    },
    {
      "person_name": "Anita Desai",
      "phone": "+919876500000"
    }
  ],
  "enqueue": true
}
'
